import { orAborted } from '../os/or-aborted.js';
import { type Database, openDatabase } from './database.js';
import { migrate, SCHEMA } from './migrate.js';
import type { Store, Tables } from './tables.js';

/** How many connections one `jamdev serve` uses for queries. */
const MAX_CONNECTIONS = 10;
/** How long a statement may take; clients of the API wait for it. */
const STATEMENT_MS = 5_000;
/** A migration may wait for another program's, and work through large tables. */
const MIGRATION_MS = 600_000;

/** The database of `jamdev serve`, to be closed. */
export interface OpenStore {
  store: Store;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the database of `jamdev serve`, and brings it up to date.
 * @throws JamdevError `DatabaseUnavailable`, `DatabaseUnusable`
 */
export async function openStore(url: string, signal?: AbortSignal): Promise<OpenStore> {
  signal?.throwIfAborted();
  const migration = openDatabase({ url, maxConnections: 1, statementMs: MIGRATION_MS });
  try {
    await orAborted(migrate(migration.db), signal);
  } finally {
    // Not waited for: a database that hangs never answers a goodbye.
    void migration.close();
  }
  const { db, close }: Database<Tables> = openDatabase({
    url,
    maxConnections: MAX_CONNECTIONS,
    statementMs: STATEMENT_MS,
  });
  return { store: db.withSchema(SCHEMA), close };
}
