import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { pause } from '../os/clock.js';
import { ignoreError, noteHandled } from '../os/debug/debug-log.js';
import { explainFailure, keepsConnection } from './database-failure.js';

/** How long opening a connection, or waiting for a free one, may take. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How much longer than the database itself the client waits: it answers late only if it is frozen or cut off. */
const GRACE_MS = 1_000;
/** How long closing waits for connections to end in order. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface DatabaseOptions {
  /** Of the form `postgres://USER:PASSWORD@HOST:PORT/NAME`. */
  url: string;
  /** The most connections at once. */
  maxConnections: number;
  /** How long a statement may take. */
  statementMs: number;
}

/** Connections to a database. */
export interface Database<Tables> {
  db: Kysely<Tables>;
  /** Ends all connections; never rejects. */
  close(): Promise<void>;
}

/**
 * Prepares connections to a database, which open when they are needed: one that is away at first, restarts or fills up is
 * used again once it answers. Every query ends by a deadline.
 */
export function openDatabase<Tables>(options: DatabaseOptions): Database<Tables> {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'jamdev',
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: options.statementMs,
    query_timeout: options.statementMs + GRACE_MS,
    // A program that is cut off inside a transaction must not hold its locks.
    idle_in_transaction_session_timeout: options.statementMs,
    keepAlive: true,
    types: countsAsNumbers(),
  });
  // Of connections that nobody uses at the moment; a query gets its own error.
  pool.on('error', (error) => noteHandled('store', 'keeping a connection to the database', error));
  pool.on('connect', (client) => {
    client.on('error', (error) => noteHandled('store', 'using a connection to the database', error));
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guardPool(pool, options.statementMs) }) });
  return { db, close: () => endPool(pool) };
}

/** PostgreSQL's bigint comes as text by default; what is counted here stays far below 2^53. */
function countsAsNumbers(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return types;
}

/** Explains errors in one place, and gives no connection back to the pool that still works on a query that timed out. */
function guardPool(pool: pg.Pool, deadlineMs: number): PostgresPool {
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw explainFailure(error, CONNECT_TIMEOUT_MS);
    });
    return guardClient(client, deadlineMs);
  };
  return { connect, end: () => pool.end() };
}

function guardClient(client: pg.PoolClient, deadlineMs: number): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      isBroken ||= !keepsConnection(error);
      throw explainFailure(error, deadlineMs);
    }
  };
  const release = (discard?: boolean) => client.release(isBroken || discard);
  // The other form of query() takes a cursor, which nothing here uses.
  return { query: query as unknown as PostgresPoolClient['query'], release };
}

/** A frozen database never answers a goodbye. */
async function endPool(pool: pg.Pool): Promise<void> {
  const ended = new AbortController();
  const ending = pool.end().catch(ignoreError('store', 'closing the connections to the database'));
  await Promise.race([ending, pause(CLOSE_TIMEOUT_MS, ended.signal)]);
  ended.abort();
}
