import { type Kysely, sql } from 'kysely';

/** Creates the tables for possible pushes to the registry, and for images that the config specifies by tag. */
export async function createRegistry(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.push_grants (
      account text not null,
      service text not null,
      actor text not null,
      granted_at timestamptz not null default '-infinity',
      checked_at timestamptz not null default '-infinity',
      primary key (account, service)
    )`.execute(db);
  await sql`
    create table jamdev.resolved_images (
      reference text primary key,
      digest text not null,
      resolved_at timestamptz not null default clock_timestamp()
    )`.execute(db);
}
