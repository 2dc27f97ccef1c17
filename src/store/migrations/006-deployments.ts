import { type Kysely, sql } from 'kysely';

/** Creates the table of deployments, by which a deployment can be undone. */
export async function createDeployments(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.deployments (
      id bigint generated always as identity primary key,
      account text not null,
      service text not null,
      environment text not null,
      image text,
      action text not null,
      origin bigint,
      actor text not null,
      time timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`create index on jamdev.deployments (account, service, environment, id)`.execute(db);
}
