import pg from 'pg';
import { pause } from '../os/clock.js';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';

/** How much longer than the database itself the client waits: it answers late only if it is frozen or cut off. */
const GRACE_MS = 1_000;
/** How long closing waits for connections to end in order. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface PoolOptions {
  /** Of the form `postgres://USER:PASSWORD@HOST:PORT/NAME`. */
  url: string;
  /** The most connections at once. */
  maxConnections: number;
  /** How long opening a connection, or waiting for a free one, may take. */
  connectMs: number;
  /** How long a statement may take. */
  statementMs: number;
}

/** Prepares connections to a database. They open when they are needed, and each statement ends by a deadline. */
export function createPool({ url, maxConnections, connectMs, statementMs }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'jamdev',
    max: maxConnections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + GRACE_MS,
    // A program that is cut off inside a transaction must not hold its locks.
    idle_in_transaction_session_timeout: statementMs,
    keepAlive: true,
    types: countsAsNumbers(),
  });
  // Of connections that nobody uses at the moment; a query gets its own error.
  pool.on('error', (error) => noteHandled('store', 'keeping a connection to the database', error));
  pool.on('connect', (client) => {
    client.on('error', (error) => noteHandled('store', 'using a connection to the database', error));
  });
  return pool;
}

/** Ends all connections of a pool, without waiting for long: a frozen database never answers a goodbye. Never rejects. */
export async function endPool(pool: pg.Pool): Promise<void> {
  const ended = new AbortController();
  const ending = pool.end().catch(ignoreError('store', 'closing the connections to the database'));
  await Promise.race([ending, pause(CLOSE_TIMEOUT_MS, ended.signal)]);
  ended.abort();
}

/** PostgreSQL's bigint comes as text by default; what is counted here stays far below 2^53. */
function countsAsNumbers(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return types;
}
