import { Command, Option } from 'commander';
import { findServer } from '../../client/find-server.js';
import type { CommandIo } from '../../io.js';
import { addClientOptions, addEverywhereOption, addExamples } from '../../option-values.js';
import { describePool } from './backend-rows.js';
import { listEverywhere } from './list-everywhere.js';
import { listHere } from './list-here.js';
import type { ListOptions } from './list-options.js';

/** `jamdev list`: the backends of the dev server, or of an account of `jamdev serve`. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .option('-a, --all', 'include ended backends, also those of earlier dev servers')
    .addOption(
      new Option('--pool', 'show only the warm pools: backends started ahead of time').conflicts(['all', 'everywhere']),
    )
    .action(async (options: ListOptions) => {
      if (options.pool) return listPools(options, io);
      if (options.everywhere) return listEverywhere(options, io);
      await listHere(options, io);
    });
  return addExamples(addEverywhereOption(addClientOptions(command)), [
    ['jamdev list', 'list the running backends'],
    ['jamdev list --api https://api.example.com', 'list those of a cluster, with the token in JAMDEV_TOKEN'],
    ['jamdev list --everywhere', 'list those of all projects, and the ports of all dev servers'],
    ['jamdev list --everywhere --json', 'print the same as {"servers": [...], "backends": [...]}'],
    ['jamdev list --pool --json', 'print how many backends of each service are ready ahead of time'],
    ['jamdev list --all --json', 'print all backends with stored logs as JSON, also those of earlier dev servers'],
  ]);
}

/** Prints the JSON of `list --pool`. The list of backends keeps its format. */
async function listPools(options: ListOptions, io: CommandIo): Promise<void> {
  const { pools } = await (await findServer(options, io.signal)).listing();
  if (options.json) return io.json(pools);
  if (pools.length === 0) io.out('No service has a warm pool. Set "warmPool" in the config.');
  for (const pool of pools) io.out(describePool(pool));
}
