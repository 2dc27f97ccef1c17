import { moveEnvironment } from './deployments.js';
import type { Store } from './tables.js';

/** The image of a service's environment. */
export interface EnvironmentRow {
  environment: string;
  /** A full reference or a digest; null for the newest push. */
  image: string | null;
}

/** Identifies an environment. */
export interface EnvironmentName {
  account: string;
  service: string;
  environment: string;
}

/** An environment with a configured image, and when it was first set. */
interface EnvironmentSet extends EnvironmentRow {
  firstSetAt: Date | null;
}

/** When the known backends of an environment were spawned. */
interface EnvironmentUse {
  environment: string;
  firstSpawnedAt: Date;
  lastSpawnedAt: Date;
}

/** Lists the environments of a service whose image was ever set, by name. */
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
 * Lists the environments of a service in which backends were spawned, by name. Backends older than the service are
 * ignored: they belonged to a deleted service of the same name.
 * @param name.ofOwnService whether the account created the service, as opposed to the config
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

/** Finds the image of an environment; undefined if it was never set. */
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
 * Sets the image of an environment for its next spawns.
 * @param change.image null for the newest push
 * @param change.ofOwnService whether the account created the service, which must then still exist
 * @returns false if the service was deleted
 */
export async function pinImage(
  store: Store,
  change: EnvironmentName & { image: string | null; actor: string; ofOwnService?: boolean },
): Promise<boolean> {
  return (await moveEnvironment(store, { ...change, action: 'use-image' })) !== 'deleted';
}
