import { orAborted } from '../os/or-aborted.js';
import { type Database, openDatabase } from './database.js';
import { migrate, SCHEMA } from './migrate.js';
import type { Store, Tables } from './tables.js';

/** How many connections one `jamdev serve` uses for queries. */
const MAX_CONNECTIONS = 10;
/** Timeout for a statement; API clients are waiting for it. */
const STATEMENT_MS = 5_000;
/** A migration may have to wait for another process's migration, or process large tables. */
const MIGRATION_MS = 600_000;

/** The open database of `jamdev serve`. The caller must close it. */
export interface OpenStore {
  store: Store;
  /** Closes all connections. Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the database of `jamdev serve`, and migrates it.
 * @throws JamdevError `DatabaseUnavailable`, `DatabaseUnusable`
 */
export async function openStore(url: string, signal?: AbortSignal): Promise<OpenStore> {
  signal?.throwIfAborted();
  const migration = openDatabase({ url, maxConnections: 1, statementMs: MIGRATION_MS });
  try {
    await orAborted(migrate(migration.db), signal);
  } finally {
    // Not awaited, because a database that hangs never closes a connection.
    void migration.close();
  }
  const { db, close }: Database<Tables> = openDatabase({
    url,
    maxConnections: MAX_CONNECTIONS,
    statementMs: STATEMENT_MS,
  });
  return { store: db.withSchema(SCHEMA), close };
}
