import type { BackendRow } from './backends.js';
import { readBackends } from './backends.js';
import type { Store } from './tables.js';

/** How many ended backends are listed, newest first. */
const MAX_ENDED = 1_000;

/** Lists the backends of an account that have not ended, and the newest 1,000 that have, oldest first. */
export async function listRecent(store: Store, account: string): Promise<BackendRow[]> {
  const ended = store
    .selectFrom('backends')
    .select('id')
    .where('account', '=', account)
    .where('ended_at', 'is not', null)
    .orderBy('created_at', 'desc')
    .limit(MAX_ENDED);
  return readBackends(store, (query) =>
    query.where('account', '=', account).where((by) => by.or([by('ended_at', 'is', null), by('id', 'in', ended)])),
  );
}
