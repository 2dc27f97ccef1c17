import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { problem } from '../contract/errors.js';
import { readIgnoreRules } from './ignore-rules.js';

/** How long it has to be quiet before a change counts. */
export const QUIET_MS = 50;
/** How long a change waits at most, while more and more come. */
export const LONGEST_WAIT_MS = 500;

export interface WatchRequest {
  /** Absolute paths. */
  paths: readonly string[];
  /** Files that count even where they are ignored; each may be missing. Absolute paths. */
  files: readonly string[];
  /** The folder whose ignore files count, and to which changes are told relative. */
  root: string;
  /** Asked of each change when it is noticed, by its relative path; `isNew`: the file was added. */
  counts(file: string, isNew: boolean): boolean;
}

export interface ChangeWatcherEvents {
  /** Files were added, changed or deleted; paths relative to the root. */
  changed: [files: string[]];
  /** Watching does not work as it should: the system's limit is reached, a folder can't be read. */
  problem: [error: NodeJS.ErrnoException];
}

/** Watches a service's files, and tells of changes once they have come to rest. */
export class ChangeWatcher {
  readonly events = new EventEmitter<ChangeWatcherEvents>();
  readonly #request: WatchRequest;
  readonly #changed = new Set<string>();
  #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #firstChangeMs = 0;
  #paused = false;
  #closed = false;
  #onClose: () => void = () => undefined;

  constructor(request: WatchRequest) {
    this.#request = request;
  }

  /** Begins to watch. Resolves when every change from now on will be noticed. */
  async start(): Promise<void> {
    const { paths, files, root } = this.#request;
    if (this.#closed) return;
    // Of a path that is missing chokidar makes two, and says too soon that it is ready.
    const there = [...paths, ...files].filter((path) => existsSync(path));
    for (const path of paths) {
      if (!there.includes(path)) this.events.emit('problem', problem.watchedPathMissing(path));
    }
    const watcher = watch(there, {
      ignoreInitial: true,
      ignored: readIgnoreRules(root, [...paths, ...files]),
    });
    this.#watcher = watcher;
    watcher.on('all', (event, path) => {
      if (event === 'addDir' || event === 'unlinkDir') return;
      const file = relative(root, path).split(sep).join('/');
      if (this.#request.counts(file, event === 'add')) this.#note(file);
    });
    watcher.on('error', (error) => this.events.emit('problem', error as NodeJS.ErrnoException));
    await new Promise<void>((resolve) => {
      watcher.once('ready', () => resolve());
      // Closed before it was ready, it never will be.
      this.#onClose = resolve;
    });
  }

  /** Whether changes are being ignored for now. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Ignores changes until {@link resume}; what changed meanwhile counts then. */
  pause(): void {
    this.#paused = true;
    clearTimeout(this.#quiet);
  }

  resume(): void {
    this.#paused = false;
    if (this.#changed.size > 0) this.#arm();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClose();
    clearTimeout(this.#quiet);
    await this.#watcher?.close();
  }

  #note(file: string): void {
    if (this.#changed.size === 0) this.#firstChangeMs = performance.now();
    // The newest stands first, as it is the one that is named.
    this.#changed.delete(file);
    this.#changed.add(file);
    if (!this.#paused) this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#quiet);
    const leftMs = this.#firstChangeMs + LONGEST_WAIT_MS - performance.now();
    this.#quiet = setTimeout(() => this.#tell(), Math.max(0, Math.min(QUIET_MS, leftMs)));
  }

  #tell(): void {
    const files = [...this.#changed].reverse();
    this.#changed.clear();
    this.events.emit('changed', files);
  }
}

/** Names changed files for a person: `changed: server.ts (+2 more)`. */
export function describeChange(files: readonly string[]): string {
  const more = files.length > 1 ? ` (+${files.length - 1} more)` : '';
  return `changed: ${files[0] ?? ''}${more}`;
}
