import { addStatus, type StatusRow } from '../store/statuses.js';
import type { Store } from '../store/tables.js';

/** Marks a backend as lost, unless it has ended already. Later reports from Plane do not change that. */
export async function markLost(store: Store, id: string, time: Date): Promise<void> {
  const lost: StatusRow = { status: 'terminated', time, reason: 'lost', kind: 'hard', exitError: true };
  await addStatus(store, id, lost);
}
