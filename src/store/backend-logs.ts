import { sql } from 'kysely';
import type { Store } from './tables.js';

/** How much of a log is kept: its end. */
export const MAX_LOG_BYTES = 1024 * 1024;

/** What a backend printed, as it was kept at its end. */
export interface StoredLog {
  /** What it printed last, 1 MiB at most. */
  content: Buffer;
  /** Whether it had printed more before. */
  isCut: boolean;
}

/** Keeps the end of a log; a longer one that was kept before stays. */
export async function saveLog(store: Store, id: string, { content, isCut }: StoredLog): Promise<void> {
  const kept = content.subarray(Math.max(0, content.length - MAX_LOG_BYTES));
  await store
    .insertInto('backend_logs')
    .values({ backend_id: id, content: kept, is_cut: isCut || kept.length < content.length })
    .onConflict((conflict) =>
      conflict
        .column('backend_id')
        .doUpdateSet(({ ref }) => ({ content: ref('excluded.content'), is_cut: ref('excluded.is_cut') }))
        .where(sql<boolean>`octet_length(backend_logs.content) < octet_length(excluded.content)`),
    )
    .execute();
}

/** The kept log of a backend of an account; undefined if none was kept, or not for so long. */
export function findLog(store: Store, account: string, id: string): Promise<StoredLog | undefined> {
  return store
    .selectFrom('backend_logs')
    .innerJoin('backends', 'backends.id', 'backend_logs.backend_id')
    .select(['backend_logs.content', 'backend_logs.is_cut as isCut'])
    .where('backends.account', '=', account)
    .where('backends.id', '=', id)
    .executeTakeFirst();
}
