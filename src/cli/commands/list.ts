import { Command, Option } from 'commander';
import type { DevBackend, WarmPool } from '../../contract/dev-endpoints.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { listRunningServers, type ServerRecord } from '../../records/server-records.js';
import { askEverywhere, type PlacedPool } from '../client/everywhere.js';
import { findServer } from '../client/find-server.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addEverywhereOption, addExamples, type ClientOptions } from '../option-values.js';
import { cleanText } from '../terminal/clean.js';
import { formatAge } from '../terminal/duration.js';
import { fitMiddle } from '../terminal/fit-text.js';
import { fromHome } from '../terminal/project-names.js';
import { formatSize } from '../terminal/size.js';
import { formatTable } from '../terminal/table.js';
import { textWidth } from '../terminal/text-width.js';

/** Longer keys are cut in the middle; `--json` has them whole. */
const MAX_KEY_WIDTH = 32;

type PlacedRow = DevBackend & { api_url: string };

interface ListOptions extends ClientOptions {
  all?: boolean;
  everywhere?: boolean;
  pool?: boolean;
}

/** `jamdev list`: the backends of the dev server, or of an account of `jamdev serve`. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .description('list running backends')
    .option('-a, --all', 'include backends that have ended, of earlier dev servers too')
    .addOption(
      new Option('--pool', 'only the warm pools: backends that are started ahead of time').conflicts([
        'all',
        'everywhere',
      ]),
    )
    .action(async (options: ListOptions) => {
      if (options.pool) return listPools(options, io);
      if (options.everywhere) return listEverywhere(options, io);
      await listHere(options, io);
    });
  return addExamples(addEverywhereOption(addClientOptions(command)), [
    ['jamdev list', 'what runs now'],
    ['jamdev list --api https://api.example.com', 'on a cluster, with the token in JAMDEV_TOKEN'],
    ['jamdev list --everywhere', 'in all projects, with the ports of all dev servers'],
    ['jamdev list --everywhere --json', 'the same as {"servers": [...], "backends": [...]}'],
    ['jamdev list --pool --json', 'how many backends of each service stand by'],
    ['jamdev list --all --json', 'all whose logs are kept, of earlier dev servers too, for a script'],
  ]);
}

async function listHere(options: ListOptions, io: CommandIo): Promise<void> {
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

/** For a script: the list of backends keeps its form. */
async function listPools(options: ListOptions, io: CommandIo): Promise<void> {
  const { pools } = await (await findServer(options, io.signal)).listing();
  if (options.json) return io.json(pools);
  if (pools.length === 0) io.out('No service has a warm pool. Set "warmPool" in the config.');
  for (const pool of pools) io.out(describePool(pool));
}

function describePool({ service, warm, size }: WarmPool): string {
  return `Warm pool of ${cleanText(service)}: ${warm} of ${size} warm`;
}

/** What the last dev servers of the folder have left. @throws the given error when that is nothing */
async function listStored({ json }: ListOptions, io: CommandIo, noServer: JamdevError): Promise<void> {
  // Few calls need them.
  const [{ storedLogs }, { endedBackends }] = await Promise.all([
    import('../client/stored-logs.js'),
    import('../../logs/log-store.js'),
  ]);
  const stored = storedLogs(process.cwd());
  if (stored.length === 0) throw noServer;
  const ended = endedBackends(stored, await listRunningServers());
  if (json) return io.json(ended);
  io.err('No dev server is running; these are the backends of earlier ones.');
  printTable(HEADINGS, ended.map(toRow), io);
}

const HEADINGS = ['ID', 'KEY', 'SERVICE', 'STATUS', 'AGE', 'CONNECTIONS', 'MEMORY'];

async function listEverywhere(options: ListOptions, io: CommandIo): Promise<void> {
  const { servers, backends, pools } = await askEverywhere(io, { earlier: options.all });
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
  if (servers.length === 0) return io.out('No dev servers are running. Start one with: npx jamdev dev');
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

/** Left out where there is none: scripts know the other fields. */
function toPoolsJson(server: ServerRecord, pools: readonly PlacedPool[]): { warm_pools?: WarmPool[] } {
  const own = poolsOf(server, pools);
  return own.length === 0 ? {} : { warm_pools: own };
}

function poolsOf(server: ServerRecord, pools: readonly PlacedPool[]): WarmPool[] {
  return pools.filter((each) => each.server === server).map(({ pool }) => pool);
}

/** The cell with the number of a server's warm backends; none where no server has a pool. */
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

function chosen<T extends DevBackend>(backends: readonly T[], { all }: ListOptions): readonly T[] {
  return all ? backends : backends.filter(({ status }) => status.status !== 'terminated');
}

function printTable(headings: readonly string[], rows: readonly string[][], io: CommandIo): void {
  for (const line of formatTable(headings, rows)) io.out(line);
}

function shownProject(project: string): string {
  return cleanText(fromHome(project));
}

function toRow(backend: DevBackend): string[] {
  const age = formatAge(Date.now() - Date.parse(backend.created_at));
  // A dev server of an earlier version does not say.
  const shownKey = backend.key_given === false ? '-' : backend.key;
  const [key, service] = [shownKey, backend.service].map(cleanText);
  const memory = backend.memory === null ? '-' : formatSize(backend.memory);
  return [
    backend.id,
    fitMiddle(key ?? '', MAX_KEY_WIDTH, textWidth),
    service ?? '',
    backend.status.status,
    age,
    backend.connections === null ? '-' : String(backend.connections),
    memory,
  ];
}
