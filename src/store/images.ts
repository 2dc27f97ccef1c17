import { sql } from 'kysely';
import { addAudit } from './audit.js';
import type { Store } from './tables.js';

/** An image that was pushed for a service. */
export interface ImageRow {
  digest: string;
  tag: string;
  pushedAt: Date;
}

/** A push that the registry reported. */
interface PushedImage {
  account: string;
  service: string;
  digest: string;
  tag: string;
  pushedAt: Date;
  eventId: string;
  /** The person or program behind the push, for the audit log. */
  actor: string;
}

/**
 * Records a push that the registry reported. A repeated report changes nothing. A push that was found in the registry
 * before gets the time in its report.
 */
export async function addImage(
  store: Store,
  { account, service, digest, tag, pushedAt, eventId, actor }: PushedImage,
): Promise<void> {
  await store.transaction().execute(async (transaction) => {
    // Locks the repository against a concurrent takeOverTags(), and forces another query of the registry, since reports
    // may come late.
    await transaction
      .insertInto('push_grants')
      .values({ account, service, actor })
      .onConflict((conflict) =>
        conflict.columns(['account', 'service']).doUpdateSet({ checked_at: sql<Date>`'-infinity'` }),
      )
      .execute();
    const found = await transaction
      .updateTable('images')
      .set({ event_id: eventId, pushed_at: pushedAt })
      .where('account', '=', account)
      .where('service', '=', service)
      .where('digest', '=', digest)
      .where('tag', '=', tag)
      .where('event_id', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('images as reported').select('id').where('reported.event_id', '=', eventId))),
      )
      .executeTakeFirst();
    if (found.numUpdatedRows > 0n) return;
    const added = await transaction
      .insertInto('images')
      .values({ account, service, digest, tag, pushed_at: pushedAt, event_id: eventId })
      .onConflict((conflict) => conflict.column('event_id').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows !== 1n) return;
    await addAudit(transaction, { account, actor, action: 'image.push', target: `${service}:${tag}@${digest}` });
  });
}

/**
 * Lists the images of a service, newest push first. An image that was pushed repeatedly under the same tag is listed
 * once.
 */
export async function listImages(store: Store, account: string, service: string): Promise<ImageRow[]> {
  const newest = store
    .selectFrom('images')
    .distinctOn(['digest', 'tag'])
    .select(['id', 'digest', 'tag', 'pushed_at as pushedAt'])
    .where('account', '=', account)
    .where('service', '=', service)
    .orderBy('digest')
    .orderBy('tag')
    .orderBy('pushed_at', 'desc')
    .orderBy('id', 'desc');
  return store
    .selectFrom(newest.as('newest'))
    .select(['digest', 'tag', 'pushedAt'])
    .orderBy('pushedAt', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/**
 * Finds the newest push of a service.
 * @param name a tag or digest; undefined for any
 */
export async function newestImage(
  store: Store,
  { account, service, name }: { account: string; service: string; name?: string },
): Promise<ImageRow | undefined> {
  return store
    .selectFrom('images')
    .select(['digest', 'tag', 'pushed_at as pushedAt'])
    .where('account', '=', account)
    .where('service', '=', service)
    .$if(name !== undefined, (query) =>
      query.where((by) => by.or([by('tag', '=', name ?? ''), by('digest', '=', name ?? '')])),
    )
    .orderBy('pushed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
