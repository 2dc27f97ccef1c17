import { type Kysely, sql } from 'kysely';

/** Creates the tables for services of accounts, the images of their environments, and pushed images. */
export async function createServices(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.services (
      account text not null,
      service text not null,
      created_at timestamptz not null default clock_timestamp(),
      primary key (account, service)
    )`.execute(db);
  // Services in the config file have environments and images too, so neither table references `services`.
  await sql`
    create table jamdev.environments (
      account text not null,
      service text not null,
      environment text not null,
      image text,
      changed_at timestamptz not null default clock_timestamp(),
      primary key (account, service, environment)
    )`.execute(db);
  await sql`
    create table jamdev.images (
      id bigint generated always as identity primary key,
      account text not null,
      service text not null,
      digest text not null,
      tag text,
      pushed_at timestamptz not null,
      event_id text unique
    )`.execute(db);
  await sql`create index on jamdev.images (account, service, pushed_at desc, id desc)`.execute(db);
}
