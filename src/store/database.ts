import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { explainFailure, keepsConnection } from './database-failure.js';
import { createPool, endPool, type PoolOptions } from './pool.js';

/** How long opening a connection, or waiting for a free one, may take. */
const CONNECT_MS = 5_000;

/** Connections to a database. */
export interface Database<Tables> {
  db: Kysely<Tables>;
  /** Ends all connections; never rejects. */
  close(): Promise<void>;
}

/**
 * Prepares queries to a database: one that is away at first, restarts or fills up is used again once it answers. Every query
 * ends by a deadline.
 */
export function openDatabase<Tables>(options: Omit<PoolOptions, 'connectMs'>): Database<Tables> {
  const pool = createPool({ ...options, connectMs: CONNECT_MS });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guardPool(pool, options.statementMs) }) });
  return { db, close: () => endPool(pool) };
}

/** Explains errors in one place, and gives no connection back to the pool that still works on a query that timed out. */
function guardPool(pool: pg.Pool, deadlineMs: number): PostgresPool {
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw explainFailure(error, CONNECT_MS);
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
