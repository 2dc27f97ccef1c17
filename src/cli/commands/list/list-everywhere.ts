import type { DevBackend, WarmPool } from '../../../contract/dev-endpoints.js';
import type { ServerRecord } from '../../../records/server-records.js';
import { askEverywhere, type PlacedPool } from '../../client/everywhere.js';
import type { CommandIo } from '../../io.js';
import { cleanText } from '../../terminal/clean.js';
import { fromHome } from '../../terminal/project-names.js';
import { chosen, HEADINGS, printTable, toRow } from './backend-rows.js';
import type { ListOptions } from './list-options.js';

type PlacedRow = DevBackend & { api_url: string };

/** Lists all dev servers of this user, and their backends. */
export async function listEverywhere(options: ListOptions, io: CommandIo): Promise<void> {
  const { servers, backends, pools, someAreSilent } = await askEverywhere(io, { earlier: options.all });
  const placed = backends.map(({ server, backend }) => ({
    ...backend,
    project: server.project,
    api_url: server.apiUrl,
    proxy_url: server.proxyUrl,
  }));
  const shown = chosen(placed, options);
  if (options.json) {
    const described = servers.map((server) => ({
      ...toServerJson(server, placed),
      ...toPoolsJson(server, pools),
    }));
    return io.json({ servers: described, backends: shown });
  }
  if (servers.length === 0) {
    if (!someAreSilent) io.out('No dev servers are running. Start one with: npx jamdev dev');
    return;
  }
  const rows = shown.map((backend) => [...toRow(backend), shownProject(backend.project)]);
  if (rows.length === 0) io.out('No backends are running.');
  else printTable([...HEADINGS, 'PROJECT'], rows, io);
  io.out('');
  printTable(
    ['DEV SERVER', 'API', 'PROXY', 'PID', 'BACKENDS', ...(pools.length === 0 ? [] : ['WARM POOL'])],
    servers.map((server) => [...toServerRow(server, placed), ...shownPools(poolsOf(server, pools), pools)]),
    io,
  );
}

/**
 * Returns the warm pools for the JSON output; omitted if there are none, so that the output stays the same for scripts.
 */
function toPoolsJson(server: ServerRecord, pools: readonly PlacedPool[]): { warm_pools?: WarmPool[] } {
  const own = poolsOf(server, pools);
  return own.length === 0 ? {} : { warm_pools: own };
}

function poolsOf(server: ServerRecord, pools: readonly PlacedPool[]): WarmPool[] {
  return pools.filter((each) => each.server === server).map(({ pool }) => pool);
}

/** Makes the cell with the number of a server's warm backends; none if no server has a pool. */
function shownPools(own: readonly WarmPool[], all: readonly PlacedPool[]): string[] {
  if (all.length === 0) return [];
  return [own.length === 0 ? '-' : String(own.reduce((sum, { warm }) => sum + warm, 0))];
}

function toServerRow({ project, apiUrl, proxyUrl, pid }: ServerRecord, backends: readonly PlacedRow[]): string[] {
  return [shownProject(project), apiUrl, proxyUrl, String(pid), String(countRunning(apiUrl, backends))];
}

function toServerJson({ project, apiUrl, proxyUrl, pid, startedAt }: ServerRecord, backends: readonly PlacedRow[]) {
  return {
    project,
    api_url: apiUrl,
    proxy_url: proxyUrl,
    pid,
    started_at: startedAt,
    running_backends: countRunning(apiUrl, backends),
  };
}

function countRunning(apiUrl: string, backends: readonly PlacedRow[]): number {
  return backends.filter((each) => each.api_url === apiUrl && each.status.status !== 'terminated').length;
}

function shownProject(project: string): string {
  return cleanText(fromHome(project));
}
