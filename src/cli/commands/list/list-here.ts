import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { listRunningServers } from '../../../records/server-records.js';
import { findServer } from '../../client/find-server.js';
import type { CommandIo } from '../../io.js';
import { fromHome } from '../../terminal/project-names.js';
import { chosen, describePool, HEADINGS, printTable, toRow } from './backend-rows.js';
import type { ListOptions } from './list-options.js';

/** Lists the backends of this folder's dev server, or of the server in the options. */
export async function listHere(options: ListOptions, io: CommandIo): Promise<void> {
  const client = await findServer(options, io.signal).catch((error) => {
    if (options.all && error instanceof JamdevError && error.code === 'NoDevServer') return error;
    throw error;
  });
  if (client instanceof JamdevError) return listStored(options, io, client);
  const { backends, pools } = await client.listing({ earlier: options.all });
  const shown = chosen(backends, options);
  if (options.json) return io.json(shown);
  if (shown.length === 0) io.out('No backends are running. Start one with: npx jamdev spawn --key doc-1');
  else printTable(HEADINGS, shown.map(toRow), io);
  for (const pool of pools) io.out(describePool(pool));
  const { stateFolder } = client;
  if (stateFolder !== undefined) io.out(`State folder: ${fromHome(stateFolder)}`);
}

/** Lists the backends of earlier dev servers. @throws the given error if there are none */
async function listStored({ json }: ListOptions, io: CommandIo, noServer: JamdevError): Promise<void> {
  // Loaded here because it is rarely needed.
  const [{ storedLogs }, { endedBackends }] = await Promise.all([
    import('../../client/stored-logs.js'),
    import('../../../logs/log-store.js'),
  ]);
  const stored = storedLogs(process.cwd());
  if (stored.length === 0) throw noServer;
  const ended = endedBackends(stored, await listRunningServers());
  if (json) return io.json(ended);
  io.err('No dev server is running; these are the backends of earlier ones.');
  printTable(HEADINGS, ended.map(toRow), io);
}
