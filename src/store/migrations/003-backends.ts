import { type Kysely, sql } from 'kysely';
import { STATUSES } from '../../contract/statuses.js';

/** Creates the tables for backends, their statuses and logs. */
export async function createBackends(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.backends (
      id text primary key,
      account text not null,
      service text not null,
      environment text not null,
      key text not null,
      key_given boolean not null,
      cluster text not null,
      subdomain text,
      image text not null,
      digest text,
      drone text,
      memory_limit_bytes bigint,
      created_at timestamptz not null default clock_timestamp(),
      last_rank smallint not null default -1,
      last_status_at timestamptz not null default '-infinity',
      ended_at timestamptz,
      exit_code integer,
      follower text,
      followed_until timestamptz
    )`.execute(db);
  await sql`create index on jamdev.backends (account, service, key) where ended_at is null`.execute(db);
  await sql`create index on jamdev.backends (created_at) where ended_at is null`.execute(db);
  await sql`create index on jamdev.backends (account, service, created_at)`.execute(db);
  await createStatuses(db);
  await sql`
    create table jamdev.backend_logs (
      backend_id text primary key references jamdev.backends (id) on delete cascade,
      content bytea not null,
      is_cut boolean not null,
      saved_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`
    create table jamdev.drones (
      cluster text not null,
      name text not null,
      last_seen_at timestamptz not null,
      primary key (cluster, name)
    )`.execute(db);
}

/**
 * Creates the table of statuses. Each status is a separate row and only ever follows statuses of lower rank. For every
 * insert, the trigger locks the backend's row first, so that two writers take turns, and drops a status that is not a
 * step forward.
 */
async function createStatuses(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table jamdev.backend_statuses (
      backend_id text not null references jamdev.backends (id) on delete cascade,
      rank smallint not null,
      status text not null check (status = (${sql.lit(`{${STATUSES.join(',')}}`)}::text[])[rank + 1]),
      time timestamptz not null,
      reason text,
      kind text,
      exit_error boolean,
      primary key (backend_id, rank)
    )`.execute(db);
  await sql`
    create function jamdev.advance_backend() returns trigger language plpgsql as $$
    begin
      update jamdev.backends
        set last_rank = new.rank,
          last_status_at = greatest(last_status_at, new.time),
          ended_at = case when new.status = 'terminated' then greatest(last_status_at, new.time) end
        where id = new.backend_id and last_rank < new.rank
        returning last_status_at into new.time;
      if not found then
        return null;
      end if;
      perform pg_notify('jamdev_status', new.backend_id);
      return new;
    end $$`.execute(db);
  await sql`
    create trigger advance before insert on jamdev.backend_statuses
      for each row execute function jamdev.advance_backend()`.execute(db);
  await sql`
    create function jamdev.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'a status of a backend is never changed';
    end $$`.execute(db);
  await sql`
    create trigger keep before update on jamdev.backend_statuses
      for each row execute function jamdev.refuse_change()`.execute(db);
}
