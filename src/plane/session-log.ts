import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import type { Engine } from '../docker-engine/engine.js';
import { isNotFound } from '../docker-engine/engine-error.js';
import { findLog } from '../store/backend-logs.js';
import type { BackendRow } from '../store/backends.js';
import type { Store } from '../store/tables.js';
import type { DroneEngines } from './drone-engines.js';
import { type LinesQuery, openLines } from './drone-output.js';
import { decodeLog } from './kept-lines.js';
import type { TimedLine } from './timed-lines.js';

/** The sources of logs: saved in the store, or still with the container. */
export interface LogSources {
  store: Store;
  engines: DroneEngines;
}

/**
 * Opens the log of a backend: the one saved at its end, otherwise the one in its drone's engine.
 * @throws JamdevError `OutputUnavailable`, `EngineUnavailable`
 */
export async function openSessionLog(
  { store, engines }: LogSources,
  row: BackendRow,
  query: LinesQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<TimedLine>> {
  const { id, account, endedAt } = row;
  const kept = endedAt === null ? undefined : await findLog(store, account, id);
  if (kept === undefined || endedAt === null) {
    return askDrone(engines, row, (engine) => openLines(engine, id, query, signal));
  }
  const lines = decodeLog(kept, endedAt);
  return asIterable(query.tail === undefined ? lines : lines.slice(Math.max(0, lines.length - query.tail)));
}

/**
 * Sends a request to the engine that has a backend's container.
 * @throws JamdevError `OutputUnavailable`, `EngineUnavailable`
 */
export async function askDrone<T>(
  engines: DroneEngines,
  { id, drone }: BackendRow,
  ask: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = drone === null ? undefined : await engines.engineOf(drone);
  if (engine === undefined || drone === null) throw clusterErrors.droneWithoutEndpoint(id, drone);
  try {
    return await ask(engine);
  } catch (error) {
    if (isNotFound(error)) throw clusterErrors.containerGone(id);
    // An engine that answered before may have stopped in the meantime.
    throw error instanceof JamdevError ? clusterErrors.engineUnavailable(drone, error.message) : error;
  }
}

async function* asIterable<T>(values: readonly T[]): AsyncGenerator<T, void> {
  yield* values;
}
