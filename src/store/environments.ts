import { moveEnvironment } from './deployments.js';
import type { Store } from './tables.js';

/** What an environment of a service runs. */
export interface EnvironmentRow {
  environment: string;
  /** What it was set to: a full reference, or a digest. Null: the newest push. */
  image: string | null;
}

/** Names an environment. */
export interface EnvironmentName {
  account: string;
  service: string;
  environment: string;
}

/** Such an environment, and when something was first set for it. */
interface EnvironmentSet extends EnvironmentRow {
  firstSetAt: Date | null;
}

/** When the backends of an environment that are still on record were spawned. */
interface EnvironmentUse {
  environment: string;
  firstSpawnedAt: Date;
  lastSpawnedAt: Date;
}

/** The environments of a service for which something was ever set, by name. */
export function listEnvironments(store: Store, account: string, service: string): Promise<EnvironmentSet[]> {
  return store
    .selectFrom('environments')
    .select(['environment', 'image'])
    .select((by) =>
      by
        .selectFrom('deployments')
        .select(({ fn }) => fn.min('time').as('first'))
        .whereRef('deployments.account', '=', 'environments.account')
        .whereRef('deployments.service', '=', 'environments.service')
        .whereRef('deployments.environment', '=', 'environments.environment')
        .as('firstSetAt'),
    )
    .where('account', '=', account)
    .where('service', '=', service)
    .orderBy('environment')
    .execute();
}

/**
 * The environments of a service that backends were spawned in, by name. Leaves out backends older than the service: they
 * are of a deleted one of that name.
 * @param name.ofOwnService whether the account created the service, and it is not of the config
 */
export function listUsedEnvironments(
  store: Store,
  { account, service, ofOwnService }: { account: string; service: string; ofOwnService: boolean },
): Promise<EnvironmentUse[]> {
  const since = ofOwnService
    ? store.selectFrom('services').select('created_at').where('account', '=', account).where('service', '=', service)
    : store.selectFrom('configured_services').select('created_at').where('service', '=', service);
  return store
    .selectFrom('backends')
    .select(({ fn }) => [
      'environment',
      fn.min('created_at').as('firstSpawnedAt'),
      fn.max('created_at').as('lastSpawnedAt'),
    ])
    .where('account', '=', account)
    .where('service', '=', service)
    .where('created_at', '>=', since)
    .groupBy('environment')
    .orderBy('environment')
    .execute();
}

/** What an environment was set to run; undefined if nothing was ever set for it. */
export function findEnvironment(
  store: Store,
  { account, service, environment }: EnvironmentName,
): Promise<EnvironmentRow | undefined> {
  return store
    .selectFrom('environments')
    .select(['environment', 'image'])
    .where('account', '=', account)
    .where('service', '=', service)
    .where('environment', '=', environment)
    .executeTakeFirst();
}

/**
 * Sets what an environment runs from its next spawn on.
 * @param change.image null: the newest push again
 * @param change.ofOwnService whether the account created the service, which must still be there then
 * @returns false if the service was deleted
 */
export async function pinImage(
  store: Store,
  change: EnvironmentName & { image: string | null; actor: string; ofOwnService?: boolean },
): Promise<boolean> {
  return (await moveEnvironment(store, { ...change, action: 'use-image' })) !== 'deleted';
}
