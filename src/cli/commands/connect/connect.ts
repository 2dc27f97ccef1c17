import { Command } from 'commander';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addConnectOptions, type ConnectCommandOptions, connectFromCommandLine } from './connect-options.js';

/** `jamdev connect`: prints the v2 connect response. */
export function connectCommand(io: CommandIo): Command {
  const command = new Command('connect').action(async (service: string, options: ConnectCommandOptions) => {
    const response = await connectFromCommandLine(service, options, io);
    io.json(response, options.json ? 0 : 2);
  });
  return addExamples(addConnectOptions(command), [
    ['jamdev connect --key doc-1', 'find or start the backend of doc-1'],
    ['jamdev connect -k doc-1 -u ann -a \'{"role":"editor"}\'', 'get a connection URL for one user'],
    ['jamdev connect -k doc-1 --no-spawn', 'find the backend only if it is already running'],
  ]);
}
