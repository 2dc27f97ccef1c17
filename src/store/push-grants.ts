import { sql } from 'kysely';
import { addAudit } from './audit.js';
import type { Store } from './tables.js';

/** Identifies an account's service and thereby its repository. */
export interface RepositoryName {
  account: string;
  service: string;
}

/** A tag of a repository and the digest of its image. */
export interface TaggedImage {
  tag: string;
  digest: string;
}

/** The known state of a repository. */
export interface RepositoryState {
  /** Whether the repository was ever opened for a push. */
  isKnown: boolean;
  /** Whether an image may have been pushed since the registry was last queried. */
  isUncertain: boolean;
}

/**
 * Returns the state of a repository. @param openSeconds how long after the opening of a repository an image may still
 * arrive
 */
export async function repositoryState(
  store: Store,
  { account, service }: RepositoryName,
  openSeconds: number,
): Promise<RepositoryState> {
  const found = await store
    .selectFrom('push_grants')
    .select(sql<boolean>`checked_at <= granted_at + make_interval(secs => ${openSeconds})`.as('isUncertain'))
    .where('account', '=', account)
    .where('service', '=', service)
    .executeTakeFirst();
  return { isKnown: found !== undefined, isUncertain: found?.isUncertain ?? false };
}

/** Creates the record of a repository. Call this before it is opened for the first time. */
export async function beginRepository(
  store: Store,
  { account, service, actor }: RepositoryName & { actor: string },
): Promise<void> {
  await store
    .insertInto('push_grants')
    .values({ account, service, actor })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Records that a repository is opened for a push. Call this before the opening. */
export async function noteGrant(
  store: Store,
  { account, service, actor }: RepositoryName & { actor: string },
): Promise<void> {
  const granted_at = sql<Date>`clock_timestamp()`;
  await store
    .insertInto('push_grants')
    .values({ account, service, actor })
    .onConflict((conflict) => conflict.columns(['account', 'service']).doUpdateSet({ actor, granted_at }))
    .execute();
}

/** Returns the database's time, with microseconds. */
export async function databaseTime(store: Store): Promise<string> {
  const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(store);
  return rows[0]?.now ?? '';
}

/**
 * Records the tags in the registry that differ from the newest known pushes. If two processes query the registry at
 * once, the later result is kept.
 * @param found.since the database's time before the registry was queried
 * @returns the images that were not known
 */
export async function takeOverTags(
  store: Store,
  { account, service }: RepositoryName,
  { tags, since }: { tags: readonly TaggedImage[]; since: string },
): Promise<TaggedImage[]> {
  return store.transaction().execute(async (transaction) => {
    const grant = await transaction
      .selectFrom('push_grants')
      .select(['actor', sql<boolean>`checked_at > ${since}::timestamptz`.as('isNewer')])
      .select(sql<boolean>`granted_at = '-infinity'`.as('isFirst'))
      .where('account', '=', account)
      .where('service', '=', service)
      .forUpdate()
      .executeTakeFirst();
    if (grant === undefined || grant.isNewer) return [];
    const known = await newestByTag(transaction, { account, service });
    const fresh = tags.filter(({ tag, digest }) => known.get(tag) !== digest);
    for (const { tag, digest } of fresh) {
      await transaction
        .insertInto('images')
        .values({ account, service, tag, digest, event_id: null, pushed_at: afterAll(account, service) })
        .execute();
      // Images from before the first push through jamdev serve were pushed by someone else.
      if (grant.isFirst) continue;
      const target = `${service}:${tag}@${digest}`;
      await addAudit(transaction, { account, actor: grant.actor, action: 'image.push', target });
    }
    await transaction
      .updateTable('push_grants')
      .set({ checked_at: sql`${since}::timestamptz` })
      .where('account', '=', account)
      .where('service', '=', service)
      .execute();
    return fresh;
  });
}

/** Returns the current time, or a time after all known pushes if the registry's clock is ahead. */
function afterAll(account: string, service: string) {
  return sql<Date>`(
    select greatest(clock_timestamp(), max(pushed_at) + interval '1 microsecond')
    from jamdev.images where account = ${account} and service = ${service})`;
}

async function newestByTag(store: Store, { account, service }: RepositoryName): Promise<Map<string, string>> {
  const rows = await store
    .selectFrom('images')
    .distinctOn('tag')
    .select(['tag', 'digest'])
    .where('account', '=', account)
    .where('service', '=', service)
    .orderBy('tag')
    .orderBy('pushed_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return new Map(rows.map(({ tag, digest }) => [tag, digest]));
}
