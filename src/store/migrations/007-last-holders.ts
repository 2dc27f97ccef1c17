import { type Kysely, sql } from 'kysely';

/** Finds the last backend of a key, ended or not, without reading all of its service's. */
export async function indexLastHolders(db: Kysely<unknown>): Promise<void> {
  await sql`create index on jamdev.backends (account, service, key, created_at)`.execute(db);
}
