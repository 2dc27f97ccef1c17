import { sql } from 'kysely';
import type { Store } from './tables.js';

/** A drone that was seen in Plane's state of its cluster. */
export interface SeenDrone {
  name: string;
  lastSeenAt: Date;
}

/** A drone in Plane's state of its cluster. */
export interface HeardDrone {
  name: string;
  /** How long ago the drone last reported. */
  ageSeconds: number;
}

/** Records when the drones in Plane's state last reported. Never replaces a newer time by an older one. */
export async function noteDrones(store: Store, cluster: string, drones: readonly HeardDrone[]): Promise<void> {
  if (drones.length === 0) return;
  const heardAt = (seconds: number) => sql<Date>`clock_timestamp() - make_interval(secs => ${seconds})`;
  await store
    .insertInto('drones')
    .values(drones.map(({ name, ageSeconds }) => ({ cluster, name, last_seen_at: heardAt(ageSeconds) })))
    .onConflict((conflict) =>
      conflict
        .columns(['cluster', 'name'])
        .doUpdateSet({ last_seen_at: sql<Date>`greatest(drones.last_seen_at, excluded.last_seen_at)` }),
    )
    .execute();
}

/** Records drones that have backends but were never seen in Plane's state, as if each was seen now. */
export async function noteUnseenDrones(store: Store, cluster: string): Promise<void> {
  await store
    .insertInto('drones')
    .columns(['cluster', 'name', 'last_seen_at'])
    .expression((by) =>
      by
        .selectFrom('backends')
        .select(['cluster', sql<string>`drone`.as('name'), sql<Date>`clock_timestamp()`.as('last_seen_at')])
        .distinctOn('drone')
        .where('cluster', '=', cluster)
        .where('drone', 'is not', null)
        .where('ended_at', 'is', null),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Lists all drones that were ever seen in a cluster, by name. */
export function listDrones(store: Store, cluster: string): Promise<SeenDrone[]> {
  return store
    .selectFrom('drones')
    .select(['name', 'last_seen_at as lastSeenAt'])
    .where('cluster', '=', cluster)
    .orderBy('name')
    .execute();
}

/** Returns the names of a cluster's drones that have not been seen for a time. */
export async function silentDrones(store: Store, cluster: string, seconds: number): Promise<string[]> {
  const rows = await store
    .selectFrom('drones')
    .select('name')
    .where('cluster', '=', cluster)
    .where('last_seen_at', '<', sql<Date>`clock_timestamp() - make_interval(secs => ${seconds})`)
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}
