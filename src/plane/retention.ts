import { deleteOldAudit, deleteOldBackends, deleteOldLogs } from '../store/retention.js';
import type { Store } from '../store/tables.js';
import { RepeatedWork } from './repeated-work.js';

const TURN_MS = 60 * 60 * 1000;

/** For how many days something is kept. */
export interface Retention {
  /** Logs, after the end of their backends. */
  logDays: number;
  /** Backends with their statuses, after their end; those whose log is still kept stay as well. */
  backendDays: number;
  auditDays: number;
}

/** Deletes what is older than it is to be kept. */
export function deleteOldRecords({ logDays, backendDays, auditDays }: Retention, store: Store): RepeatedWork {
  return new RepeatedWork('deleting old records', TURN_MS, async (signal) => {
    await deleteOldLogs(store, logDays, signal);
    await deleteOldBackends(store, Math.max(backendDays, logDays), signal);
    await deleteOldAudit(store, auditDays, signal);
  });
}
