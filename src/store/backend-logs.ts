import { sql } from 'kysely';
import type { Store } from './tables.js';

/** How much of a log is kept, counted from its end. */
export const MAX_LOG_BYTES = 1024 * 1024;

/** The output of a backend that was saved at its end. */
export interface StoredLog {
  /** The last output, at most 1 MiB. */
  content: Buffer;
  /** Whether earlier output is missing. */
  isCut: boolean;
}

/** Saves the end of a log, unless a longer one was saved before. */
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

/** Finds the saved log of an account's backend; undefined if none was saved, or if it has been deleted. */
export function findLog(store: Store, account: string, id: string): Promise<StoredLog | undefined> {
  return store
    .selectFrom('backend_logs')
    .innerJoin('backends', 'backends.id', 'backend_logs.backend_id')
    .select(['backend_logs.content', 'backend_logs.is_cut as isCut'])
    .where('backends.account', '=', account)
    .where('backends.id', '=', id)
    .executeTakeFirst();
}
