import { type Kysely, sql } from 'kysely';

/** Creates the tables for accounts, their API tokens, and the audit log. */
export async function createAccounts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.accounts (
      name text primary key,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`
    create table jamdev.api_tokens (
      id text primary key,
      account text not null references jamdev.accounts (name),
      secret_hash bytea not null check (octet_length(secret_hash) = 32),
      scopes text[] not null check (cardinality(scopes) > 0),
      created_at timestamptz not null default clock_timestamp(),
      last_used_at timestamptz,
      revoked_at timestamptz
    )`.execute(db);
  await sql`create index on jamdev.api_tokens (account)`.execute(db);
  // Does not reference the account, so that the record outlives it.
  await sql`
    create table jamdev.audit (
      id bigint generated always as identity primary key,
      time timestamptz not null default clock_timestamp(),
      account text not null,
      actor text not null,
      action text not null,
      target text not null
    )`.execute(db);
  await sql`create index on jamdev.audit (account, id)`.execute(db);
}
