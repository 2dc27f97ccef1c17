import { type Kysely, sql } from 'kysely';

/** Creates the table that records since when services are in the config file. */
export async function createConfiguredServices(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.configured_services (
      service text primary key,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
}
