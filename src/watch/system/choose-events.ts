import { readFileSync } from 'node:fs';
import { noteHandled } from '../../os/debug/debug-log.js';
import { errorCode } from '../../os/error-code.js';
import type { BytePath } from '../byte-path.js';
import type { FolderEvents, FolderListener, Subscription, Unsubscribe, WatchEvents } from './folder-events.js';
import { fileSystemOf, isRemote, type Mount } from './mounts.js';
import { type IsIgnored, Polling } from './polling.js';
import { SystemEvents } from './system-events.js';

/** How many events Linux usually queues for a busy program, if the system does not tell. */
const USUAL_QUEUED_EVENTS = 16_384;
/** Errors for the system's watch limits (inotify(7)). */
const LIMITS = ['ENOSPC', 'EMFILE', 'ENFILE'];
/** Errors of a system or file system without change events. */
const NO_EVENTS = ['ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM'];

export interface EventChoice {
  /** true: always poll; false: never; undefined: poll only if the system reports no changes. */
  poll: boolean | undefined;
  /** Returns the mounts known so far. */
  mounts(): readonly Mount[];
  isIgnored: IsIgnored;
  /** A system limit is reached, and a folder is not watched. */
  onLimit(code: string, folder: BytePath): void;
  /** A folder is polled without being configured so; `why` is its file system. */
  onPolling(folder: BytePath, why: string): void;
  /** The system may have dropped events. */
  onFlood(): void;
}

/** Watches each folder in the way that works on its file system. */
export class ChosenEvents implements WatchEvents {
  readonly #choice: EventChoice;
  readonly #system: SystemEvents;
  #polling: Polling | undefined;
  #hasEvents = true;

  constructor(choice: EventChoice) {
    this.#choice = choice;
    this.#system = new SystemEvents(readMaxQueuedEvents(), choice.onFlood);
  }

  isPolled(folder: BytePath): boolean {
    return this.#choice.poll ?? (!this.#hasEvents || isRemote(fileSystemOf(folder, this.#choice.mounts())));
  }

  watchFolder(folder: BytePath, listener: FolderListener): Promise<Subscription> {
    const unwatched = { stop: () => undefined, identity: '' };
    return this.#watch(folder, unwatched, (events) => events.watchFolder(folder, listener));
  }

  watchName(folder: BytePath, name: string, listener: FolderListener): Promise<Unsubscribe> {
    const unwatched = () => undefined;
    return this.#watch(folder, unwatched, (events) => events.watchName(folder, name, listener));
  }

  async close(): Promise<void> {
    await Promise.all([this.#system.close(), this.#polling?.close()]);
  }

  /** @param unwatched the result if a system limit is reached */
  async #watch<T>(folder: BytePath, unwatched: T, begin: (events: FolderEvents) => Promise<T>): Promise<T> {
    if (this.isPolled(folder)) {
      if (this.#choice.poll === undefined) this.#choice.onPolling(folder, fileSystemOf(folder, this.#choice.mounts()));
      return begin(this.#poll());
    }
    try {
      return await begin(this.#system);
    } catch (error) {
      const code = errorCode(error);
      if (LIMITS.includes(code)) {
        this.#choice.onLimit(code, folder);
        return unwatched;
      }
      if (!NO_EVENTS.includes(code) || this.#choice.poll === false) throw error;
      this.#hasEvents = false;
      this.#choice.onPolling(folder, code);
      return begin(this.#poll());
    }
  }

  #poll(): Polling {
    this.#polling ??= new Polling(this.#choice.isIgnored);
    return this.#polling;
  }
}

/** @returns the effective `poll` setting: CHOKIDAR_USEPOLLING overrides the config, as with other tools */
export function choosePolling(
  poll: boolean | undefined,
  variable: string | undefined = process.env.CHOKIDAR_USEPOLLING,
): boolean | undefined {
  if (variable === undefined || variable === '') return poll;
  return !['false', '0'].includes(variable.toLowerCase());
}

function readMaxQueuedEvents(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  } catch (error) {
    noteHandled('watch', 'reading the limits of inotify', error);
    // Other systems have no such setting.
    return USUAL_QUEUED_EVENTS;
  }
}
