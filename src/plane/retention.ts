import { deleteOldAudit, deleteOldBackends, deleteOldLogs } from '../store/retention.js';
import type { Store } from '../store/tables.js';
import { RepeatedWork } from './repeated-work.js';

const TURN_MS = 60 * 60 * 1000;

/** How many days each kind of record is kept. */
export interface Retention {
  /** Logs, counted from the end of their backends. */
  logDays: number;
  /** Backends with their statuses, counted from their end. A backend whose log is still kept stays as well. */
  backendDays: number;
  auditDays: number;
}

/** Deletes records after their retention period. */
export function deleteOldRecords({ logDays, backendDays, auditDays }: Retention, store: Store): RepeatedWork {
  return new RepeatedWork('deleting old records', TURN_MS, async (signal) => {
    await deleteOldLogs(store, logDays, signal);
    await deleteOldBackends(store, Math.max(backendDays, logDays), signal);
    await deleteOldAudit(store, auditDays, signal);
  });
}
