import type { AuditAction, Store } from './tables.js';

/** A recorded action. */
export interface AuditEntry {
  time: Date;
  account: string;
  /** `token:ID`, or `operator:USER@HOST` for a person who works directly on the database. */
  actor: string;
  action: AuditAction;
  /** The object of the action, such as the id of a token or backend, or `SERVICE/ENVIRONMENT`. */
  target: string;
}

/** Adds an entry. Call this in the transaction of the change that it records. */
export async function addAudit(store: Store, entry: Omit<AuditEntry, 'time'>): Promise<void> {
  await store.insertInto('audit').values(entry).execute();
}

/**
 * Lists the newest entries, oldest first.
 * @param account undefined for all accounts
 */
export async function listAudit(store: Store, { account, limit }: AuditQuery): Promise<AuditEntry[]> {
  const newest = await store
    .selectFrom('audit')
    .select(['time', 'account', 'actor', 'action', 'target'])
    .$if(account !== undefined, (query) => query.where('account', '=', account ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return newest.reverse();
}

export interface AuditQuery {
  account: string | undefined;
  limit: number;
}
