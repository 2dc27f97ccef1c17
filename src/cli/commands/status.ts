import { Command } from 'commander';
import type { PublicStatus } from '../../contract/status.js';
import { findDevServer } from '../api-client.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addExamples, type ClientOptions } from '../option-values.js';
import { describeStatus } from '../terminal/describe-status.js';

/** `jamdev status`: the status of one backend, once or as it changes. */
export function statusCommand(io: CommandIo): Command {
  const command = new Command('status')
    .description('show the status of a backend')
    .argument('<backend or key>', 'a backend id, or the key that it holds')
    .option('-w, --watch', 'all statuses so far, and on until it has ended')
    .action(async (name: string, options: ClientOptions & { watch?: boolean }) => {
      const print = (status: PublicStatus) =>
        io.out(options.json ? JSON.stringify(status) : `${status.time}  ${describeStatus(status)}`);
      const client = await findDevServer(options, io.signal);
      const { id } = await client.findBackend(name);
      if (!options.watch) return print(await client.status(id));
      for await (const status of client.statuses(id)) print(status);
    });
  return addExamples(addClientOptions(command), [
    ['jamdev status doc-1', 'of the backend that holds the key doc-1'],
    ['jamdev status doc-1 --watch', 'every change, until it has ended'],
  ]);
}
