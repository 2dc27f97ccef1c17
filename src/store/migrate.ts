import { type Kysely, Migrator, sql } from 'kysely';
import { MIGRATIONS } from './migrations/migrations.js';
import { storeErrors } from './store-errors.js';

/** The PostgreSQL schema of all of jamdev's tables, which keeps them apart from other programs' tables. */
export const SCHEMA = 'jamdev';
const HISTORY = 'migrations';

/**
 * Brings the database schema up to date. Several processes may do so at once: an advisory lock serializes them, and all
 * changes are one transaction.
 * @throws JamdevError `DatabaseUnusable` if a newer version of jamdev has migrated the database
 */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  const done = await findDone(db);
  const unknown = done.filter((name) => !Object.hasOwn(MIGRATIONS, name)).sort();
  if (unknown.length > 0) throw storeErrors.schemaNewer(unknown, Object.keys(MIGRATIONS).length);
  if (done.length === Object.keys(MIGRATIONS).length) return;
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
    migrationTableSchema: SCHEMA,
    migrationTableName: HISTORY,
    migrationLockTableName: 'migration_lock',
    // Otherwise the order would depend on the clocks of several machines.
    allowUnorderedMigrations: true,
  }).migrateToLatest();
  if (error !== undefined) throw error;
}

/** Returns the names of the migrations that were applied to the database. */
async function findDone<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const name = `${SCHEMA}.${HISTORY}`;
  const found = await sql<{ there: boolean }>`select to_regclass(${name}) is not null as there`.execute(db);
  if (found.rows[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(name)}`.execute(db);
  return rows.map((row) => row.name);
}
