import { addStatus, type StatusRow } from '../store/statuses.js';
import type { Store } from '../store/tables.js';

/** Says of a backend that it is lost, unless it has ended already. Nothing that Plane says later changes that. */
export async function markLost(store: Store, id: string, time: Date): Promise<void> {
  const lost: StatusRow = { status: 'terminated', time, reason: 'lost', kind: 'hard', exitError: true };
  await addStatus(store, id, lost);
}
