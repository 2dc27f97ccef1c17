import type { Store } from './tables.js';

/** Names a service that an account created. */
interface OwnService {
  account: string;
  service: string;
}

/**
 * Keeps a service from being deleted until the transaction ends.
 * @returns whether it is there
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

/** Keeps others from giving a service a backend or an environment until the transaction ends, so as to delete it. */
export async function lockService(transaction: Store, { account, service }: OwnService): Promise<void> {
  await transaction
    .selectFrom('services')
    .select('service')
    .where('account', '=', account)
    .where('service', '=', service)
    .forUpdate()
    .executeTakeFirst();
}
