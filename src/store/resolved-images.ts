import { sql } from 'kysely';
import type { Store } from './tables.js';

/** The digest that a reference of the config stands for; undefined while none is known. */
export async function findResolved(store: Store, reference: string): Promise<string | undefined> {
  const found = await store
    .selectFrom('resolved_images')
    .select('digest')
    .where('reference', '=', reference)
    .executeTakeFirst();
  return found?.digest;
}

/** Notes the digest of a reference of the config, for all `jamdev serve`. */
export async function noteResolved(store: Store, reference: string, digest: string): Promise<void> {
  const resolved_at = sql<Date>`clock_timestamp()`;
  await store
    .insertInto('resolved_images')
    .values({ reference, digest })
    .onConflict((conflict) => conflict.column('reference').doUpdateSet({ digest, resolved_at }))
    .execute();
}
