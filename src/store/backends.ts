import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { Status } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import { keepService } from './service-lock.js';
import { addStatus, fromTuple, HISTORY, type StatusRow } from './statuses.js';
import type { Store, Tables } from './tables.js';

/** A backend that is about to be spawned. */
export interface NewBackend {
  id: string;
  account: string;
  service: string;
  environment: string;
  key: string;
  /** Whether the key was given in the request. */
  keyGiven: boolean;
  cluster: string;
  subdomain: string | null;
  /** The image as it is passed to Plane. */
  image: string;
  digest: string | null;
  memoryLimitBytes: number | null;
}

/** A snapshot of a backend. */
export interface BackendRow extends NewBackend {
  drone: string | null;
  createdAt: Date;
  endedAt: Date | null;
  exitCode: number | null;
  /** All statuses so far, oldest first; at least one. */
  history: StatusRow[];
}

/**
 * Inserts a backend with the status `scheduled`.
 * @param conditions.maxLive how many backends the account may have that have not ended; counted under a lock, so that
 *   two processes can't both take the last place
 * @param conditions.ofOwnService whether the account created the service, which must then still exist
 * @returns `limit` if the account has too many backends, `no service` if the service was deleted
 */
export async function insertBackend(
  store: Store,
  backend: NewBackend,
  { maxLive, ofOwnService = false }: { maxLive?: number | undefined; ofOwnService?: boolean } = {},
): Promise<'inserted' | 'limit' | 'no service'> {
  return store.transaction().execute(async (transaction) => {
    if (ofOwnService && !(await keepService(transaction, backend))) return 'no service';
    if (maxLive !== undefined) {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`account ${backend.account}`}, 0))`.execute(
        transaction,
      );
      if ((await countLive(transaction, backend.account)) >= maxLive) return 'limit';
    }
    const { keyGiven, memoryLimitBytes, ...columns } = backend;
    const { created_at } = await transaction
      .insertInto('backends')
      .values({ ...columns, key_given: keyGiven, memory_limit_bytes: memoryLimitBytes })
      .returning('created_at')
      .executeTakeFirstOrThrow();
    await addStatus(transaction, backend.id, { status: 'scheduled', time: created_at });
    return 'inserted';
  });
}

/**
 * Deletes a backend that was never spawned, because the connect was refused or returned another one. A backend that has
 * made progress is kept.
 */
export async function discardBackend(store: Store, id: string): Promise<void> {
  await store.deleteFrom('backends').where('id', '=', id).where('last_rank', '<=', 0).execute();
}

/** Records facts that became known about a backend. */
export async function updateBackend(
  store: Store,
  id: string,
  { drone, digest }: { drone?: string; digest?: string },
): Promise<void> {
  const known = { ...(drone === undefined ? {} : { drone }), ...(digest === undefined ? {} : { digest }) };
  await store.updateTable('backends').set(known).where('id', '=', id).execute();
}

/** Records the exit code of a backend's process, unless one is already known. */
export async function setExitCode(store: Store, id: string, exitCode: number): Promise<void> {
  await store
    .updateTable('backends')
    .set({ exit_code: exitCode })
    .where('id', '=', id)
    .where('exit_code', 'is', null)
    .execute();
}

/** Finds a backend of an account; undefined if the account has no backend with this id. */
export async function findBackend(store: Store, account: string, id: string): Promise<BackendRow | undefined> {
  return (await readBackends(store, (query) => query.where('account', '=', account).where('id', '=', id)))[0];
}

/** Finds a backend by its id alone, for the public status endpoints. */
export async function findPublic(store: Store, id: string): Promise<BackendRow | undefined> {
  return (await readBackends(store, (query) => query.where('id', '=', id)))[0];
}

/** Lists the backends of an account, or of one of its services, that have not ended, oldest first. */
export function listLive(
  store: Store,
  { account, service, before }: { account: string; service?: string; before?: Date | undefined },
): Promise<BackendRow[]> {
  return readBackends(store, (query) => {
    let live = query.where('account', '=', account).where('ended_at', 'is', null);
    if (service !== undefined) live = live.where('service', '=', service);
    if (before !== undefined) live = live.where('created_at', '<', before);
    return live;
  });
}

/** Counts the backends of an account, or of one of its services, that have not ended. */
export async function countLive(store: Store, account: string, service?: string): Promise<number> {
  const { count } = await store
    .selectFrom('backends')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .$if(service !== undefined, (query) => query.where('service', '=', service ?? ''))
    .executeTakeFirstOrThrow();
  return count;
}

/** A backend that has not ended, without its history. */
export interface UnendedBackend {
  id: string;
  account: string;
  service: string;
  key: string;
  drone: string | null;
  createdAt: Date;
  lastStatus: Status;
}

/** Lists the backends of all accounts in a cluster that have not ended, oldest first. */
export async function listUnended(store: Store, cluster: string): Promise<UnendedBackend[]> {
  const rows = await store
    .selectFrom('backends')
    .select(['id', 'account', 'service', 'key', 'drone', 'created_at as createdAt', 'last_rank'])
    .where('cluster', '=', cluster)
    .where('ended_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ last_rank, ...row }) => ({ ...row, lastStatus: STATUSES[last_rank] ?? 'scheduled' }));
}

type Query = SelectQueryBuilder<Tables, 'backends', object>;

/** Listed explicitly: the result columns of a prepared statement must not change when a newer version adds a column. */
const COLUMNS = [
  ...([
    'id',
    'account',
    'service',
    'environment',
    'key',
    'key_given',
    'cluster',
    'subdomain',
    'image',
    'digest',
  ] as const),
  ...(['drone', 'memory_limit_bytes', 'created_at', 'ended_at', 'exit_code'] as const),
] as const;

/** Reads the backends that a query selects, oldest first. */
export async function readBackends(store: Store, narrow: (query: Query) => Query): Promise<BackendRow[]> {
  const rows = await narrow(store.selectFrom('backends'))
    .select(COLUMNS)
    .select(HISTORY.as('history'))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ history, ...row }) => toBackendRow(row, history.map(fromTuple)));
}

function toBackendRow(
  row: Pick<Selectable<Tables['backends']>, (typeof COLUMNS)[number]>,
  history: StatusRow[],
): BackendRow {
  const { id, account, service, environment, key, cluster, subdomain, image, digest, drone } = row;
  return {
    ...{ id, account, service, environment, key, cluster, subdomain, image, digest, drone, history },
    keyGiven: row.key_given,
    memoryLimitBytes: row.memory_limit_bytes,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    exitCode: row.exit_code,
  };
}
