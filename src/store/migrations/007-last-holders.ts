import { type Kysely, sql } from 'kysely';

/** Creates an index to find the last backend of a key, ended or not, without reading all backends of its service. */
export async function indexLastHolders(db: Kysely<unknown>): Promise<void> {
  await sql`create index on jamdev.backends (account, service, key, created_at)`.execute(db);
}
