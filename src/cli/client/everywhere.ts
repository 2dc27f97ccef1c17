import type { DevBackend, WarmPool } from '../../contract/dev-endpoints.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { listRunningServers, type ServerRecord } from '../../records/server-records.js';
import type { CommandIo } from '../io.js';
import { greetServer } from './greet-server.js';
import { listByName, pickByName } from './pick-by-name.js';

/** A backend and its dev server. */
export interface PlacedBackend {
  server: ServerRecord;
  backend: DevBackend;
}

/** A warm pool and its dev server. */
export interface PlacedPool {
  server: ServerRecord;
  pool: WarmPool;
}

/** The dev servers that answered, and all backends that they report. */
export interface Everywhere {
  servers: readonly ServerRecord[];
  backends: readonly PlacedBackend[];
  pools: readonly PlacedPool[];
  /** Whether other dev servers are running that did not answer. */
  someAreSilent: boolean;
}

/**
 * Queries every dev server of this user. A server that does not answer is reported on stderr, and makes the command
 * fail.
 */
export async function askEverywhere(io: CommandIo, { earlier = false } = {}): Promise<Everywhere> {
  const found = await listRunningServers();
  let someAreSilent = false;
  const answers = await Promise.all(
    found.map(async (server) => {
      try {
        const client = await greetServer({ apiUrl: server.apiUrl, record: server }, io.signal);
        const { backends, pools } = await client.listing({ earlier });
        return {
          server,
          backends: backends.map((backend) => ({ server, backend })),
          pools: pools.map((pool) => ({ server, pool })),
        };
      } catch (error) {
        io.signal.throwIfAborted();
        if (!(error instanceof JamdevError)) throw error;
        if (await isGone(server)) return [];
        io.err(`${server.project}: ${error.sentence}`);
        io.fail();
        someAreSilent = true;
        return [];
      }
    }),
  );
  const answered = answers.flat();
  return {
    servers: answered.map(({ server }) => server),
    backends: answered.flatMap(({ backends }) => backends),
    pools: answered.flatMap(({ pools }) => pools),
    someAreSilent,
  };
}

/** Whether a backend has not ended. */
export function isRunning({ backend }: PlacedBackend): boolean {
  return backend.status.status !== 'terminated';
}

/**
 * Finds a backend by id, key or SERVICE/KEY in all dev servers.
 * @throws JamdevError if there is none, or the key is held more than once
 */
export function pickBackend(name: string, backends: readonly PlacedBackend[]): PlacedBackend {
  return pickByName(name, backends, toPlaced);
}

/** Returns all backends that match a name: the holders of the key, otherwise the newest backend that had it. */
export function listBackends(name: string, backends: readonly PlacedBackend[]): PlacedBackend[] {
  return listByName(name, backends, toPlaced);
}

function toPlaced({ server, backend }: PlacedBackend): { backend: DevBackend; project: string } {
  return { backend, project: server.project };
}

/** Whether a dev server has stopped between the lookup and the request. */
async function isGone(server: ServerRecord): Promise<boolean> {
  return !(await listRunningServers()).some(({ runId }) => runId === server.runId);
}
