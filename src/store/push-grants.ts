import { sql } from 'kysely';
import { addAudit } from './audit.js';
import type { Store } from './tables.js';

/** Names a service of an account, and with it a repository. */
export interface RepositoryName {
  account: string;
  service: string;
}

/** A tag of a repository, and the image that it stands for. */
export interface TaggedImage {
  tag: string;
  digest: string;
}

/** What is known of a repository. */
export interface RepositoryState {
  /** Whether it was ever opened for a push. */
  isKnown: boolean;
  /** Whether something may have been pushed since the registry was last asked. */
  isUncertain: boolean;
}

/** @param openSeconds how long after a repository was opened an image may still arrive */
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

/** Notes a repository before it is opened for the first time. */
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

/** Notes that a repository is opened for a push, before it is. */
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

/** The database's time, to the microsecond. */
export async function databaseTime(store: Store): Promise<string> {
  const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(store);
  return rows[0]?.now ?? '';
}

/**
 * Takes over what the registry has, where it differs from the newest push that is known of a tag. Of two programs that
 * asked the registry at once, what the later one found stays.
 * @param found.since the database's time before the registry was asked
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
      // What was there before the first push through jamdev serve was pushed by somebody else.
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

/** Now, but later than every push that is known, whatever the registry's clock says. */
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
