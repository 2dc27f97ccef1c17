import { deleteOldLogs } from '../store/backend-logs.js';
import type { Store } from '../store/tables.js';
import { RepeatedWork } from './repeated-work.js';

const TURN_MS = 60 * 60 * 1000;

/** Deletes logs of ended backends after so many days. */
export function deleteLogsAfter(days: number, store: Store): RepeatedWork {
  return new RepeatedWork('deleting old logs', TURN_MS, async () => {
    await deleteOldLogs(store, days);
  });
}
