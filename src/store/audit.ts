import type { AuditAction, Store } from './tables.js';

/** Something that was done. */
export interface AuditEntry {
  time: Date;
  account: string;
  /** `token:ID`, or `operator:USER@HOST` for who works on the database itself. */
  actor: string;
  action: AuditAction;
  /** What it was done to, such as the id of a token or backend, or `SERVICE/ENVIRONMENT`. */
  target: string;
}

/** Adds an entry, in the transaction of the change that it records. */
export async function addAudit(store: Store, entry: Omit<AuditEntry, 'time'>): Promise<void> {
  await store.insertInto('audit').values(entry).execute();
}

/**
 * The newest entries, oldest first.
 * @param account undefined: of all accounts
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
