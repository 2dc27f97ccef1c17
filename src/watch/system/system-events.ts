import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type BytePath, nameOf, toFsPath } from '../byte-path.js';
import {
  type FolderEvents,
  type FolderListener,
  identifyFolder,
  type Subscription,
  type Unsubscribe,
} from './folder-events.js';

interface WatchedFolder {
  watcher: FSWatcher;
  /** Identity of the folder when the watch began. Another folder can take over its path. */
  identity: string;
  listeners: Set<FolderListener>;
}

/**
 * Subscribes to the system's events, with one watch per folder. On Linux, all watches share one inotify instance, and a
 * folder costs 50 times less time and memory than with a watch per file (docs/decisions/002-watching-folders.md).
 */
export class SystemEvents implements FolderEvents {
  readonly #folders = new Map<BytePath, WatchedFolder>();
  readonly #flood: FloodGauge;

  /** @param onFlood called when so many events arrived at once that the system may have dropped others */
  constructor(maxQueuedEvents: number, onFlood: () => void) {
    this.#flood = new FloodGauge(maxQueuedEvents, onFlood);
  }

  async watchFolder(folder: BytePath, listener: FolderListener): Promise<Subscription> {
    // The watch starts before the folder is read, so that no change in between is missed.
    const before = this.#folders.get(folder);
    if (before === undefined) this.#open(folder, new Set([listener]));
    else before.listeners.add(listener);
    try {
      const identity = identifyFolder(await stat(toFsPath(folder)));
      const watched = this.#folders.get(folder);
      if (watched?.identity === '') watched.identity = identity;
      if (watched !== undefined && watched.identity !== identity) {
        // Another folder has taken over the path.
        watched.watcher.close();
        this.#open(folder, watched.listeners).identity = identity;
      }
      return { stop: () => this.#forget(folder, listener), identity };
    } catch (error) {
      this.#forget(folder, listener);
      throw error;
    }
  }

  async watchName(folder: BytePath, name: string, listener: FolderListener): Promise<Unsubscribe> {
    const { stop } = await this.watchFolder(folder, (changed) => {
      if (changed === undefined || changed === name) listener(changed);
    });
    return stop;
  }

  async close(): Promise<void> {
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #open(folder: BytePath, listeners: Set<FolderListener>): WatchedFolder {
    const own = nameOf(folder);
    const watcher = watch(toFsPath(folder), { encoding: 'latin1' }, (type, name) => {
      this.#flood.count();
      for (const listener of listeners) listener(name ?? undefined);
      // An event for the folder itself has its own name: it was deleted or renamed, or its mode has changed.
      if (name === own) onSelf(type === 'rename');
    });
    const watched: WatchedFolder = { watcher, identity: '', listeners };
    const onSelf = (gone: boolean) => {
      // A recreated folder can even get the same inode.
      if (gone) watched.identity = 'gone';
      for (const listener of listeners) listener(undefined);
    };
    watcher.on('error', () => onSelf(true));
    this.#folders.set(folder, watched);
    return watched;
  }

  #forget(folder: BytePath, listener: FolderListener): void {
    const watched = this.#folders.get(folder);
    if (watched?.listeners.delete(listener) !== true || watched.listeners.size > 0) return;
    watched.watcher.close();
    this.#folders.delete(folder);
  }
}

/**
 * Detects when more events arrive in one turn of the event loop than half of the system's queue. inotify reports an overflow
 * of its queue, but Node.js does not pass that on.
 */
class FloodGauge {
  readonly #limit: number;
  readonly #onFlood: () => void;
  #count = 0;

  constructor(maxQueuedEvents: number, onFlood: () => void) {
    this.#limit = maxQueuedEvents / 2;
    this.#onFlood = onFlood;
  }

  count(): void {
    if (this.#count === 0) {
      setImmediate(() => {
        if (this.#count > this.#limit) this.#onFlood();
        this.#count = 0;
      });
    }
    this.#count += 1;
  }
}
