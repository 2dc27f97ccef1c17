import { sql } from 'kysely';
import type { Status } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import type { Store } from './tables.js';

/** How long a program has a backend's status stream to itself, unless it renews that. */
const LEASE = '15 s';

/** The database's own clock decides: those of the programs may differ. */
const NOW = sql<Date>`clock_timestamp()`;
const LEASE_END = sql<Date>`clock_timestamp() + ${sql.lit(LEASE)}::interval`;

/** A backend to follow, from the status after the last one that is known. */
export interface FollowedBackend {
  id: string;
  lastStatus: Status;
}

/**
 * Takes backends that nobody follows, or whose follower has not renewed its lease, the oldest first. No two programs get the
 * same one.
 * @param follower the name of this program, which no other has
 */
export async function claimBackends(
  store: Store,
  { follower, limit }: { follower: string; limit: number },
): Promise<FollowedBackend[]> {
  const free = store
    .selectFrom('backends')
    .select('id')
    .where('ended_at', 'is', null)
    .where((by) => by.or([by('followed_until', 'is', null), by('followed_until', '<', NOW)]))
    .orderBy('created_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  const rows = await store
    .updateTable('backends')
    .set({ follower, followed_until: LEASE_END })
    .where('id', 'in', free)
    .returning(['id', 'last_rank'])
    .execute();
  return rows.map(({ id, last_rank }) => ({ id, lastStatus: STATUSES[last_rank] ?? 'scheduled' }));
}

/**
 * Renews all leases of a program that have not run out.
 * @returns the backends that it goes on to follow; all others belong to somebody else, or have ended
 */
export async function renewLeases(store: Store, follower: string): Promise<Set<string>> {
  const rows = await store
    .updateTable('backends')
    .set({ followed_until: LEASE_END })
    .where('follower', '=', follower)
    .where('ended_at', 'is', null)
    .where('followed_until', '>=', NOW)
    .returning('id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Lets others follow at once what a program followed, as when it stops. */
export async function releaseLeases(store: Store, follower: string): Promise<void> {
  await store
    .updateTable('backends')
    .set({ follower: null, followed_until: null })
    .where('follower', '=', follower)
    .where('ended_at', 'is', null)
    .execute();
}
