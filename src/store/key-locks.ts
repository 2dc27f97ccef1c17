import type pg from 'pg';
import { handledElsewhere, noteHandled } from '../os/debug/debug-log.js';
import { orAborted } from '../os/or-aborted.js';
import { explainFailure } from './database-failure.js';
import { createPool, endPool } from './pool.js';
import { storeErrors } from './store-errors.js';

/**
 * How many keys one process can lock at once. This pool is separate from the one for queries, which the work under a
 * lock needs.
 */
const MAX_HELD = 20;
/**
 * How much later than the process the database gives up waiting, so that the process can report that the key is busy.
 */
const DATABASE_MARGIN_MS = 5_000;
/** How long to wait for a lock: as long as a connect waits for a key whose holder is ending. */
const WAIT_MS = 45_000;

/** A key of a service. */
export interface KeyOfService {
  account: string;
  service: string;
  key: string;
}

/**
 * Locks on keys that are shared by all processes with the same database. Each is a PostgreSQL advisory lock on its own
 * connection, so a process that dies loses its connections and thereby its locks.
 */
export class KeyLocks {
  readonly #pool: pg.Pool;
  readonly #waitMs: number;
  /** The tail of this process's queue for each key, so that only one connection waits per key. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(url: string, waitMs: number = WAIT_MS) {
    this.#waitMs = waitMs;
    this.#pool = createPool({
      url,
      maxConnections: MAX_HELD,
      connectMs: waitMs,
      statementMs: waitMs + DATABASE_MARGIN_MS,
    });
  }

  /**
   * Runs a task while no other process holds the key.
   * @param signal aborts the wait for the lock, and the task's own signal
   * @param task its signal also aborts if the lock is lost
   * @throws JamdevError `KeyBusy` if the lock is not free in time, `DatabaseUnavailable`, or the task's error
   */
  async hold<T>(key: KeyOfService, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const name = JSON.stringify([key.account, key.service, key.key]);
    const deadline = AbortSignal.timeout(this.#waitMs);
    const before = this.#queues.get(name);
    let finish: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const queue = Promise.all([before, done]).then(() => {
      if (this.#queues.get(name) === queue) this.#queues.delete(name);
    });
    this.#queues.set(name, queue);
    try {
      const waiting = AbortSignal.any([signal, deadline]);
      await orAborted(before ?? Promise.resolve(), waiting);
      const client = await this.#lock(name, waiting);
      try {
        return await runUntilLost(client, signal, task);
      } finally {
        void unlock(client, name).then(finish);
      }
    } catch (error) {
      finish();
      if (error === deadline.reason) throw storeErrors.keyBusy(key.key, this.#waitMs / 1000);
      throw error;
    }
  }

  /** Closes all connections, and thereby loses all held locks. Never rejects. */
  close(): Promise<void> {
    return endPool(this.#pool);
  }

  async #lock(name: string, signal: AbortSignal): Promise<pg.PoolClient> {
    const connecting = this.#pool.connect();
    const client = await orAborted(connecting, signal).catch((error: unknown) => {
      if (!signal.aborted) throw explainFailure(error, this.#waitMs);
      void connecting.then((late) => late.release(), handledElsewhere);
      throw signal.reason;
    });
    try {
      await orAborted(client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]), signal);
      return client;
    } catch (error) {
      // Once its connection is closed, the database stops waiting for the lock, or releases it.
      client.release(true);
      throw signal.aborted ? signal.reason : explainFailure(error, this.#waitMs);
    }
  }
}

async function runUntilLost<T>(
  client: pg.PoolClient,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const onEnd = () => lost.abort(storeErrors.unavailable('the connection that held a lock has ended'));
  client.once('end', onEnd);
  try {
    return await task(AbortSignal.any([signal, lost.signal]));
  } finally {
    client.off('end', onEnd);
  }
}

/** Releases a lock. If that fails, the connection is closed, which releases it as well. Never rejects. */
async function unlock(client: pg.PoolClient, name: string): Promise<void> {
  try {
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]);
    client.release();
  } catch (error) {
    noteHandled('store', 'giving back the lock of a key', error);
    client.release(true);
  }
}
