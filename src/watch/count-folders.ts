import type { ServiceConfig } from '../config/service-config.js';
import { FileWatcher } from './file-watcher.js';
import { CountedFolders } from './system/counted-folders.js';
import { watchRequestOf } from './watch-request.js';

/**
 * Counts the folders that a dev server would watch. Each takes one of the system's watches.
 * @throws the signal's reason when it aborts
 */
export async function countWatchedFolders(services: readonly ServiceConfig[], signal: AbortSignal): Promise<number> {
  const counted = new CountedFolders();
  for (const service of services) {
    signal.throwIfAborted();
    if (service.watch.length === 0) continue;
    const watcher = new FileWatcher(watchRequestOf(service, []), counted);
    const giveUp = () => void watcher.close();
    signal.addEventListener('abort', giveUp);
    try {
      await watcher.start();
    } finally {
      signal.removeEventListener('abort', giveUp);
      await watcher.close();
    }
  }
  signal.throwIfAborted();
  return counted.folders.size;
}
