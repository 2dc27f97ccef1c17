import { type RawBuilder, sql } from 'kysely';
import type { Store } from './tables.js';

/** How many rows one statement deletes: a single statement for all rows could take too long. */
const BATCH_ROWS = 500;

/** Deletes the logs of backends that ended more than the given number of days ago. */
export async function deleteOldLogs(store: Store, days: number, signal?: AbortSignal): Promise<void> {
  await inBatches(signal, () => {
    const old = store
      .selectFrom('backend_logs')
      .innerJoin('backends', 'backends.id', 'backend_logs.backend_id')
      .select('backend_id')
      .where('ended_at', '<', ago(days))
      .limit(BATCH_ROWS);
    return store.deleteFrom('backend_logs').where('backend_id', 'in', old).executeTakeFirst();
  });
}

/** Deletes backends that ended more than the given number of days ago, with their statuses and logs. */
export async function deleteOldBackends(store: Store, days: number, signal?: AbortSignal): Promise<void> {
  await inBatches(signal, () => {
    const old = store.selectFrom('backends').select('id').where('ended_at', '<', ago(days)).limit(BATCH_ROWS);
    return store.deleteFrom('backends').where('id', 'in', old).executeTakeFirst();
  });
}

/** Deletes audit entries older than the given number of days. */
export async function deleteOldAudit(store: Store, days: number, signal?: AbortSignal): Promise<void> {
  await inBatches(signal, () => {
    const old = store.selectFrom('audit').select('id').where('time', '<', ago(days)).limit(BATCH_ROWS);
    return store.deleteFrom('audit').where('id', 'in', old).executeTakeFirst();
  });
}

function ago(days: number): RawBuilder<Date> {
  return sql<Date>`clock_timestamp() - make_interval(days => ${days})`;
}

async function inBatches(
  signal: AbortSignal | undefined,
  deleteSome: () => Promise<{ numDeletedRows: bigint }>,
): Promise<void> {
  while (!signal?.aborted) {
    const { numDeletedRows } = await deleteSome();
    if (numDeletedRows < BATCH_ROWS) return;
  }
}
