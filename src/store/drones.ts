import { sql } from 'kysely';
import type { Store } from './tables.js';

/** A drone that was seen in Plane's state of its cluster. */
export interface SeenDrone {
  name: string;
  lastSeenAt: Date;
}

/** Notes which drones Plane has just shown as connected. */
export async function noteDrones(store: Store, cluster: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const now = sql<Date>`clock_timestamp()`;
  await store
    .insertInto('drones')
    .values(names.map((name) => ({ cluster, name, last_seen_at: now })))
    .onConflict((conflict) => conflict.columns(['cluster', 'name']).doUpdateSet({ last_seen_at: now }))
    .execute();
}

/** All drones that were ever seen in a cluster, by name. */
export function listDrones(store: Store, cluster: string): Promise<SeenDrone[]> {
  return store
    .selectFrom('drones')
    .select(['name', 'last_seen_at as lastSeenAt'])
    .where('cluster', '=', cluster)
    .orderBy('name')
    .execute();
}

/** The names of the drones of a cluster that were not seen for so long. */
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
