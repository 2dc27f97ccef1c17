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

/** The environments of a service for which something was ever set, by name. */
export function listEnvironments(store: Store, account: string, service: string): Promise<EnvironmentRow[]> {
  return store
    .selectFrom('environments')
    .select(['environment', 'image'])
    .where('account', '=', account)
    .where('service', '=', service)
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
