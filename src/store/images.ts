import type { Store } from './tables.js';

/** An image that was pushed for a service. */
export interface ImageRow {
  digest: string;
  /** Null: it was pushed by its digest. */
  tag: string | null;
  pushedAt: Date;
}

/**
 * Notes a push.
 * @param push.eventId of the registry's notification: one that comes again changes nothing
 */
export async function addImage(
  store: Store,
  push: ImageRow & { account: string; service: string; eventId: string | null },
): Promise<void> {
  const { account, service, digest, tag, pushedAt, eventId } = push;
  await store
    .insertInto('images')
    .values({ account, service, digest, tag, pushed_at: pushedAt, event_id: eventId })
    .onConflict((conflict) => conflict.column('event_id').doNothing())
    .execute();
}

/** The images of a service, the newest push first; one that was pushed again under the same tag is there once. */
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
 * The newest push of a service.
 * @param name a tag or digest; undefined: whatever was pushed last
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
