import type { BytePath } from '../byte-path.js';
import type { Subscription, Unsubscribe, WatchEvents } from './folder-events.js';

/** Watches nothing, but counts the folders that would be watched. Each takes one of the system's watches. */
export class CountedFolders implements WatchEvents {
  readonly folders = new Set<BytePath>();

  isPolled(): boolean {
    return false;
  }

  async watchFolder(folder: BytePath): Promise<Subscription> {
    this.folders.add(folder);
    return { stop: () => undefined, identity: '' };
  }

  async watchName(folder: BytePath): Promise<Unsubscribe> {
    this.folders.add(folder);
    return () => undefined;
  }

  async close(): Promise<void> {
    // Nothing was opened.
  }
}
