import type { DevBackend, WarmPool } from '../../contract/dev-endpoints.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { listRunningServers, type ServerRecord } from '../../records/server-records.js';
import type { CommandIo } from '../io.js';
import { greetServer } from './greet-server.js';
import { listByName, pickByName } from './pick-by-name.js';

/** A backend, and the dev server that it is of. */
export interface PlacedBackend {
  server: ServerRecord;
  backend: DevBackend;
}

/** A warm pool, and the dev server that it is of. */
export interface PlacedPool {
  server: ServerRecord;
  pool: WarmPool;
}

/** Which dev servers have answered, and all that they know of backends. */
export interface Everywhere {
  servers: readonly ServerRecord[];
  backends: readonly PlacedBackend[];
  pools: readonly PlacedPool[];
  /** Whether others run that have not answered. */
  someAreSilent: boolean;
}

/** Asks every dev server of this user. One that does not answer is named on stderr, and makes the command fail. */
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
 * Finds a backend by id, key or SERVICE/KEY, wherever it is.
 * @throws JamdevError when there is none, or the key is held more than once
 */
export function pickBackend(name: string, backends: readonly PlacedBackend[]): PlacedBackend {
  return pickByName(name, backends, toPlaced);
}

/** All backends that a name stands for: those that hold the key, else the newest that had it. */
export function listBackends(name: string, backends: readonly PlacedBackend[]): PlacedBackend[] {
  return listByName(name, backends, toPlaced);
}

function toPlaced({ server, backend }: PlacedBackend): { backend: DevBackend; project: string } {
  return { backend, project: server.project };
}

/** It may have stopped between being found and being asked. */
async function isGone(server: ServerRecord): Promise<boolean> {
  return !(await listRunningServers()).some(({ runId }) => runId === server.runId);
}
