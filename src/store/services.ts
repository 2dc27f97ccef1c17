import { sql } from 'kysely';
import { addAudit } from './audit.js';
import { countLive } from './backends.js';
import { SCHEMA } from './migrate.js';
import { lockService } from './service-lock.js';
import type { Store } from './tables.js';

/** A service that an account created. */
export interface ServiceRow {
  service: string;
  createdAt: Date;
  /** The time of the newest known backend. */
  lastSpawnedAt: Date | null;
}

/** Identifies a service. */
export interface ServiceName {
  account: string;
  service: string;
}

/** Identifies a service and the sender of the change. */
export interface ServiceChange extends ServiceName {
  actor: string;
}

/** Creates a service. @returns false if the name is taken */
export function createService(store: Store, { account, service, actor }: ServiceChange): Promise<boolean> {
  return store.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('services')
      .values({ account, service })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows !== 1n) return false;
    await addAudit(transaction, { account, actor, action: 'service.create', target: service });
    return true;
  });
}

/**
 * Deletes a service with its environments and images, unless it has running backends.
 * @returns the result, or the number of running backends
 */
export function deleteService(
  store: Store,
  { account, service, actor }: ServiceChange,
): Promise<'deleted' | 'missing' | { running: number }> {
  return store.transaction().execute(async (transaction) => {
    await lockService(transaction, { account, service });
    const running = await countLive(transaction, account, service);
    if (running > 0) return { running };
    for (const table of ['environments', 'deployments', 'images', 'push_grants'] as const) {
      await transaction.deleteFrom(table).where('account', '=', account).where('service', '=', service).execute();
    }
    const { numDeletedRows } = await transaction
      .deleteFrom('services')
      .where('account', '=', account)
      .where('service', '=', service)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return 'missing';
    await addAudit(transaction, { account, actor, action: 'service.delete', target: service });
    return 'deleted';
  });
}

/** Records since when services are in the config. Already recorded services keep their time. */
export async function noteConfigured(store: Store, services: readonly string[]): Promise<void> {
  if (services.length === 0) return;
  await store
    .insertInto('configured_services')
    .values(services.map((service) => ({ service })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Finds a service in the config, with the last spawn of the account. */
export async function findConfigured(store: Store, account: string, service: string): Promise<ServiceRow | undefined> {
  return store
    .selectFrom('configured_services')
    .select(['service', 'created_at as createdAt'])
    .select((by) =>
      by
        .selectFrom('backends')
        .select(({ fn }) => fn.max('created_at').as('last'))
        .where('account', '=', account)
        .whereRef('backends.service', '=', 'configured_services.service')
        .whereRef('backends.created_at', '>=', 'configured_services.created_at')
        .as('lastSpawnedAt'),
    )
    .where('service', '=', service)
    .executeTakeFirst();
}

/** Lists the services that an account created, by name. */
export function listServices(store: Store, account: string): Promise<ServiceRow[]> {
  return selectServices(store, account).execute();
}

/** Finds a service that an account created. */
export function findService(store: Store, account: string, service: string): Promise<ServiceRow | undefined> {
  return selectServices(store, account).where('services.service', '=', service).executeTakeFirst();
}

/** Returns which of several services exist, in the same order. Uses one statement whose text is always the same. */
export async function haveServices(store: Store, names: readonly ServiceName[]): Promise<boolean[]> {
  const accounts = names.map(({ account }) => account);
  const services = names.map(({ service }) => service);
  const { rows } = await sql<{ isThere: boolean }>`
    select services.service is not null as "isThere"
    from unnest(${accounts}::text[], ${services}::text[]) with ordinality as asked (account, service, place)
    left join ${sql.table(`${SCHEMA}.services`)} as services
      on services.account = asked.account and services.service = asked.service
    order by asked.place`.execute(store);
  return rows.map(({ isThere }) => isThere);
}

function selectServices(store: Store, account: string) {
  return store
    .selectFrom('services')
    .select(['services.service', 'services.created_at as createdAt'])
    .select((by) =>
      by
        .selectFrom('backends')
        .select(({ fn }) => fn.max('backends.created_at').as('last'))
        .whereRef('backends.account', '=', 'services.account')
        .whereRef('backends.service', '=', 'services.service')
        // Older backends belonged to a deleted service of the same name.
        .whereRef('backends.created_at', '>=', 'services.created_at')
        .as('lastSpawnedAt'),
    )
    .where('services.account', '=', account)
    .orderBy('services.service');
}
