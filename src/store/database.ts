import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { explainFailure, keepsConnection } from './database-failure.js';
import { createPool, endPool, type PoolOptions } from './pool.js';

/** Timeout for opening a connection, or for waiting for a free one. */
const CONNECT_MS = 5_000;

/** Connections to a database. */
export interface Database<Tables> {
  db: Kysely<Tables>;
  /** Closes all connections. Never rejects. */
  close(): Promise<void>;
}

/**
 * Prepares access to a database. Connections are opened on demand, so a database that is unavailable at first, restarts
 * or fills up is used again once it answers. Every query has a deadline.
 */
export function openDatabase<Tables>(options: Omit<PoolOptions, 'connectMs'>): Database<Tables> {
  const pool = createPool({ ...options, connectMs: CONNECT_MS });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guardPool(pool, options.statementMs) }) });
  return { db, close: () => endPool(pool) };
}

/**
 * From this many uses on, a statement is prepared on its connection, so that PostgreSQL parses and plans it only once.
 */
const PREPARED_FROM_USE = 3;
/** PostgreSQL keeps each prepared statement in the connection's memory. */
const MAX_STATEMENTS = 100;

/** Wraps a pool: errors are explained in one place, and a connection on which a query timed out is not reused. */
function guardPool(pool: pg.Pool, deadlineMs: number): PostgresPool {
  const statements = new WeakMap<pg.PoolClient, Statements>();
  const connect = async (): Promise<PostgresPoolClient> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw explainFailure(error, CONNECT_MS);
    });
    const ofClient = statements.get(client) ?? new Statements();
    statements.set(client, ofClient);
    return guardClient(client, ofClient, deadlineMs);
  };
  return { connect, end: () => pool.end() };
}

/** Names the statements that a connection runs repeatedly. */
class Statements {
  readonly #known = new Map<string, { name: string; uses: number }>();

  /** Counts a use. @returns undefined for a statement that is not worth preparing */
  nameOf(text: string): string | undefined {
    const known = this.#known.get(text);
    if (known === undefined) {
      if (this.#known.size < MAX_STATEMENTS) this.#known.set(text, { name: `jamdev_${this.#known.size}`, uses: 1 });
      return undefined;
    }
    known.uses += 1;
    return known.uses < PREPARED_FROM_USE ? undefined : known.name;
  }
}

function guardClient(client: pg.PoolClient, statements: Statements, deadlineMs: number): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      // Statements without parameters, such as those of transactions, use the simple protocol.
      const name = parameters.length === 0 ? undefined : statements.nameOf(text);
      return await client.query({ text, values: [...parameters], ...(name !== undefined && { name }) });
    } catch (error) {
      isBroken ||= !keepsConnection(error);
      throw explainFailure(error, deadlineMs);
    }
  };
  const release = (discard?: boolean) => client.release(isBroken || discard);
  // The other overload of query() takes a cursor, which is not used here.
  return { query: query as unknown as PostgresPoolClient['query'], release };
}
