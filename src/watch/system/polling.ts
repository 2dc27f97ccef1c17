import { unwatchFile, watchFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type FSWatcher, watch } from 'chokidar';
import { type BytePath, join, nameOf, parentOf, toBytePath, toFsPath, toText } from '../byte-path.js';
import {
  type FolderEvents,
  type FolderListener,
  identifyFolder,
  type Subscription,
  type Unsubscribe,
} from './folder-events.js';

/** How long a change goes unnoticed at most, unless CHOKIDAR_INTERVAL overrides it. */
const POLL_INTERVAL_MS = 300;

/** Whether an entry of a watched folder need not be polled. */
export type IsIgnored = (folder: BytePath, name: string, isFolder: boolean) => boolean;

/** Polls if the system reports no changes, for example on network file systems. */
export class Polling implements FolderEvents {
  readonly #isIgnored: IsIgnored;
  readonly #listeners = new Map<BytePath, Set<FolderListener>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #watcher: FSWatcher | undefined;

  constructor(isIgnored: IsIgnored) {
    this.#isIgnored = isIgnored;
  }

  async watchFolder(folder: BytePath, listener: FolderListener): Promise<Subscription> {
    const identity = identifyFolder(await stat(toFsPath(folder)));
    const listeners = this.#listeners.get(folder) ?? new Set();
    this.#listeners.set(folder, listeners.add(listener));
    this.#watcher ??= this.#start();
    this.#watcher.add(toText(folder));
    // The watcher does not report when its first pass is done. Comparing once more finds changes made before that.
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (listeners.has(listener)) listener(undefined);
    }, 2 * POLL_INTERVAL_MS);
    this.#timers.add(timer);
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      this.#listeners.delete(folder);
      this.#watcher?.unwatch(toText(folder));
    };
    return { stop, identity };
  }

  async watchName(folder: BytePath, name: string, listener: FolderListener): Promise<Unsubscribe> {
    const path = toFsPath(join(folder, name));
    const onChange = () => listener(name);
    watchFile(path, { interval: POLL_INTERVAL_MS, persistent: true }, onChange);
    return () => unwatchFile(path, onChange);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#listeners.clear();
    await this.#watcher?.close();
  }

  #start(): FSWatcher {
    const watcher = watch([], {
      depth: 0,
      usePolling: true,
      interval: POLL_INTERVAL_MS,
      binaryInterval: POLL_INTERVAL_MS,
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (text, stats) => {
        const path = toBytePath(text);
        const folder = parentOf(path);
        if (this.#listeners.has(path) || !this.#listeners.has(folder)) return false;
        return stats !== undefined && this.#isIgnored(folder, nameOf(path), stats.isDirectory());
      },
    });
    watcher.on('all', (_event, path) => this.#tell(toBytePath(path)));
    // For a folder in which a file was replaced by one of the same age, which causes no event above.
    watcher.on('raw', (_event, path) => this.#tell(toBytePath(path)));
    // The code that reads an unreadable file reports it. Here it only causes one more check.
    watcher.on('error', (error) => this.#tell(toBytePath((error as NodeJS.ErrnoException).path ?? '/')));
    return watcher;
  }

  #tell(path: BytePath): void {
    for (const listener of this.#listeners.get(path) ?? []) listener(undefined);
    for (const listener of this.#listeners.get(parentOf(path)) ?? []) listener(nameOf(path));
  }
}
