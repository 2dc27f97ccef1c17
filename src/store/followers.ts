import { sql } from 'kysely';
import type { Status } from '../contract/status.js';
import { STATUSES } from '../contract/statuses.js';
import type { Store } from './tables.js';

/** How long a process may follow a backend exclusively before it has to renew its lease. */
const LEASE = '15 s';

/** The database's clock decides, because the clocks of the processes may differ. */
const NOW = sql<Date>`clock_timestamp()`;
const LEASE_END = sql<Date>`clock_timestamp() + ${sql.lit(LEASE)}::interval`;

/** A backend to follow, with its last known status. */
export interface FollowedBackend {
  id: string;
  lastStatus: Status;
}

/**
 * Claims backends without a follower, or whose follower did not renew its lease, oldest first. No two processes claim
 * the same backend.
 * @param follower the unique name of this process
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
 * Renews all unexpired leases of a process.
 * @returns the backends that the process still follows; all others belong to another process, or have ended
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

/** Releases the leases of a process, so that others can take over at once. */
export async function releaseLeases(store: Store, follower: string): Promise<void> {
  await store
    .updateTable('backends')
    .set({ follower: null, followed_until: null })
    .where('follower', '=', follower)
    .where('ended_at', 'is', null)
    .execute();
}
