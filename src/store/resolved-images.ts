import { sql } from 'kysely';
import type { Store } from './tables.js';

/** Finds the digest of an image reference in the config; undefined if it is not known yet. */
export async function findResolved(store: Store, reference: string): Promise<string | undefined> {
  const found = await store
    .selectFrom('resolved_images')
    .select('digest')
    .where('reference', '=', reference)
    .executeTakeFirst();
  return found?.digest;
}

/** Stores the digest of an image reference in the config, for all `jamdev serve` processes. */
export async function noteResolved(store: Store, reference: string, digest: string): Promise<void> {
  const resolved_at = sql<Date>`clock_timestamp()`;
  await store
    .insertInto('resolved_images')
    .values({ reference, digest })
    .onConflict((conflict) => conflict.column('reference').doUpdateSet({ digest, resolved_at }))
    .execute();
}
