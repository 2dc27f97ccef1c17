import pg from 'pg';
import { pause } from '../os/clock.js';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';

/** How much longer than the database the client waits: the database only answers later if it is frozen or cut off. */
const GRACE_MS = 1_000;
/** How long closing waits for connections to end properly. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface PoolOptions {
  /** Of the form `postgres://USER:PASSWORD@HOST:PORT/NAME`. */
  url: string;
  /** The maximum number of connections. */
  maxConnections: number;
  /** Timeout for opening a connection, or for waiting for a free one. */
  connectMs: number;
  /** Timeout for a statement. */
  statementMs: number;
}

/** Creates a pool of connections to a database. They are opened on demand, and each statement has a deadline. */
export function createPool({ url, maxConnections, connectMs, statementMs }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'jamdev',
    max: maxConnections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + GRACE_MS,
    // A process that is cut off inside a transaction must not keep its locks.
    idle_in_transaction_session_timeout: statementMs,
    keepAlive: true,
    types: countsAsNumbers(),
  });
  // For idle connections; during a query, the query itself gets the error.
  pool.on('error', (error) => noteHandled('store', 'keeping a connection to the database', error));
  pool.on('connect', (client) => {
    client.on('error', (error) => noteHandled('store', 'using a connection to the database', error));
  });
  return pool;
}

/**
 * Closes all connections of a pool. Does not wait for long, since a frozen database never closes a connection. Never
 * rejects.
 */
export async function endPool(pool: pg.Pool): Promise<void> {
  const ended = new AbortController();
  const ending = pool.end().catch(ignoreError('store', 'closing the connections to the database'));
  await Promise.race([ending, pause(CLOSE_TIMEOUT_MS, ended.signal)]);
  ended.abort();
}

/** Parses PostgreSQL's bigint as a number rather than text; all counts here are far below 2^53. */
function countsAsNumbers(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return types;
}
