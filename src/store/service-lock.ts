import type { Store } from './tables.js';

/** Identifies a service that an account created. */
interface OwnService {
  account: string;
  service: string;
}

/**
 * Prevents the deletion of a service until the transaction ends.
 * @returns whether the service exists
 */
export async function keepService(transaction: Store, { account, service }: OwnService): Promise<boolean> {
  const found = await transaction
    .selectFrom('services')
    .select('service')
    .where('account', '=', account)
    .where('service', '=', service)
    .forKeyShare()
    .executeTakeFirst();
  return found !== undefined;
}

/** Locks a service for its deletion: until the transaction ends, no one can add a backend or an environment to it. */
export async function lockService(transaction: Store, { account, service }: OwnService): Promise<void> {
  await transaction
    .selectFrom('services')
    .select('service')
    .where('account', '=', account)
    .where('service', '=', service)
    .forUpdate()
    .executeTakeFirst();
}
