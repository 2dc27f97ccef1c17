import { sql } from 'kysely';
import type { Status } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import type { KeyOfService } from './key-locks.js';
import { SCHEMA } from './migrate.js';
import { rankOf } from './statuses.js';
import type { Store } from './tables.js';

/** A backend that holds or held a key. */
export interface Holder extends KeyOfService {
  id: string;
  environment: string;
  /** Null if no drone is known. */
  drone: string | null;
  createdAt: Date;
  lastStatus: Status;
}

type HolderColumns = Omit<Holder, 'lastStatus'> & { lastRank: number };

const HOLDER = sql`backends.id, backends.account, backends.service, backends.key, backends.environment, backends.drone,
  backends.created_at as "createdAt", backends.last_rank as "lastRank"`;
const BACKENDS = sql.table(`${SCHEMA}.backends`);

/**
 * Lists the backends that have not ended, newest first, for each of several keys. Uses one statement whose text is
 * always the same.
 */
export async function liveHolders(store: Store, keys: readonly KeyOfService[]): Promise<Holder[][]> {
  const { rows } = await sql<HolderColumns & { place: number }>`
    select asked.place, ${HOLDER}
    from unnest(${column(keys, 'account')}::text[], ${column(keys, 'service')}::text[], ${column(keys, 'key')}::text[])
      with ordinality as asked (account, service, key, place)
    join ${BACKENDS} as backends
      on backends.account = asked.account and backends.service = asked.service and backends.key = asked.key
    where backends.ended_at is null
    order by backends.created_at desc, backends.id desc`.execute(store);
  const holders = keys.map((): Holder[] => []);
  for (const { place, ...row } of rows) holders[place - 1]?.push(toHolder(row));
  return holders;
}

/** Finds a backend by its id, ended or not. */
export async function findHolder(store: Store, id: string): Promise<Holder | undefined> {
  const { rows } = await sql<HolderColumns>`
    select ${HOLDER} from ${BACKENDS} as backends where id = ${id}`.execute(store);
  const [row] = rows;
  return row && toHolder(row);
}

/**
 * Finds the backend that was last spawned for a key, if our records say that it is lost; otherwise returns undefined.
 */
export async function lostLastHolder(
  store: Store,
  { account, service, key }: KeyOfService,
): Promise<Holder | undefined> {
  const { rows } = await sql<HolderColumns & { reason: string | null }>`
    select ${HOLDER}, (
      select reason from ${sql.table(`${SCHEMA}.backend_statuses`)}
      where backend_id = backends.id and rank = backends.last_rank
    ) as reason
    from ${BACKENDS} as backends
    where account = ${account} and service = ${service} and key = ${key}
    order by created_at desc
    limit 1`.execute(store);
  const [last] = rows;
  if (last?.reason !== 'lost') return undefined;
  const { reason, ...row } = last;
  return toHolder(row);
}

/** Whether a backend is ending or has ended. */
export function isGivenUp({ lastStatus }: Holder): boolean {
  return rankOf(lastStatus) >= rankOf('terminating');
}

function column(keys: readonly KeyOfService[], name: keyof KeyOfService): string[] {
  return keys.map((each) => each[name]);
}

function toHolder({ lastRank, ...row }: HolderColumns): Holder {
  return { ...row, lastStatus: STATUSES[lastRank] ?? 'scheduled' };
}
