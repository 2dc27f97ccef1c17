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
    ['jamdev spawn', 'a backend with a new random key'],
    ['jamdev spawn --key doc-1', 'the backend for doc-1, started if needed'],
    ['jamdev spawn -k doc-1 -e LEVEL=3 --wait', 'with a variable; returns when it is ready'],
    ['jamdev spawn chat -k room-7 -i 10m', 'of the service "chat", ended after 10 minutes without a connection'],
  ]);
}
