import { Command } from 'commander';
import { toV1SpawnResult } from '../../../contract/v1-spawn-result.js';
import type { CommandIo } from '../../io.js';
import { addExamples } from '../../option-values.js';
import { addConnectOptions, type ConnectCommandOptions, connectFromCommandLine } from './connect-options.js';

/** `jamdev spawn`: prints the v1 dev-style spawn result. */
export function spawnCommand(io: CommandIo): Command {
  const command = new Command('spawn').action(async (service: string, options: ConnectCommandOptions) => {
    const result = toV1SpawnResult(await connectFromCommandLine(service, options, io));
    io.json(result, options.json ? 0 : 2);
  });
  return addExamples(addConnectOptions(command), [
    ['jamdev spawn', 'start a backend with a new random key'],
    ['jamdev spawn --key doc-1', 'find or start the backend of doc-1'],
    ['jamdev spawn -k doc-1 -e LEVEL=3 --wait', 'set a variable, and return when the backend is ready'],
    ['jamdev spawn chat -k room-7 -i 10m', 'use the service "chat"; end it after 10 minutes without a connection'],
  ]);
}
