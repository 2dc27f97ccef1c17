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

/** A statement that a connection runs for the so-many-th time is prepared on it: PostgreSQL then parses and plans it no more. */
const PREPARED_FROM_USE = 3;
/** PostgreSQL keeps each in the memory of the connection. */
const MAX_STATEMENTS = 100;

/** Explains errors in one place, and gives no connection back to the pool that still works on a query that timed out. */
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

/** Names the statements that a connection runs again and again. */
class Statements {
  readonly #known = new Map<string, { name: string; uses: number }>();

  /** Counts a use. @returns undefined for one that is not worth being prepared */
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
      // One without parameters, such as those of transactions, goes by the simpler protocol.
      const name = parameters.length === 0 ? undefined : statements.nameOf(text);
      return await client.query({ text, values: [...parameters], ...(name !== undefined && { name }) });
    } catch (error) {
      isBroken ||= !keepsConnection(error);
      throw explainFailure(error, deadlineMs);
    }
  };
  const release = (discard?: boolean) => client.release(isBroken || discard);
  // The other form of query() takes a cursor, which nothing here uses.
  return { query: query as unknown as PostgresPoolClient['query'], release };
}
