import type { ServiceConfig } from '../config/service-config.js';
import type { BuildOutcome, OutputSource } from '../contract/dev-endpoints.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import type { BackendLog } from '../logs/backend-log.js';
import type { LogRecord } from '../logs/log-format.js';
import type { Backend } from '../platform/backend.js';
import type { BackendState } from '../platform/backend-state.js';

/**
 * Everything that happens in a running dev server and that somebody outside of it may want to know. The terminal, the
 * JSON output, the public API and tests subscribe to these events and to nothing else.
 */
export type DevServerEvent =
  /** A backend was spawned; it is `scheduled`, and a `backend-state` event follows each later state. */
  | { type: 'backend-spawned'; backend: Backend }
  | { type: 'backend-state'; backend: Backend; state: BackendState }
  /** A remark about a backend, in one or two sentences. It is in the backend's log, too. */
  | { type: 'backend-notice'; backend: Backend; text: string }
  /** A backend's process is being replaced by one of another build; its status stays what it was. */
  | { type: 'backend-restarting'; backend: Backend; build: number; explanation: string }
  /** After that: it can be reached again. */
  | { type: 'backend-restarted'; backend: Backend; build: number }
  /** A backend printed whole lines, or jamdev added its own (`source` is `jamdev`); with no lines, the log has ended. */
  | { type: 'output'; log: BackendLog; source: LogRecord['source']; lines: readonly Buffer[] }
  /** The start of a line whose end has not been printed after a moment; '': the line has ended or is gone. */
  | { type: 'unfinished-output'; log: BackendLog; source: OutputSource; text: string }
  /** Logs can't be written; reported once until `logs-recovered`. */
  | { type: 'logs-failed'; log: BackendLog; error: Error }
  | { type: 'logs-recovered' }
  /** `command` is undefined when the service has nothing to build. */
  | { type: 'build-started'; service: string; number: number; reason: string; command: string | undefined }
  | { type: 'build-line'; service: string; line: string }
  | { type: 'build-ended'; service: string; outcome: BuildOutcome; command: string | undefined }
  /** Running backends are ended or replaced because of a new build. */
  | { type: 'build-rolled-out'; service: ServiceConfig; number: number; backends: number }
  /** Changes of a service may go unnoticed. */
  | { type: 'watch-failed'; service: ServiceConfig; error: NodeJS.ErrnoException }
  /** A service runs or imports a file that is not watched; published once per service. Absolute paths. */
  | { type: 'import-not-watched'; service: ServiceConfig; file: string; toWatch: string; isProgram: boolean }
  /** Builds or backends alone write this file: changes to it start no more builds. Path relative to the service. */
  | { type: 'output-learned'; service: ServiceConfig; file: string; writtenBy: 'build' | 'backend' | 'program' }
  /** Backends write watched files, which starts no build; a pattern for `ignore`, published once. */
  | { type: 'backend-writes'; service: ServiceConfig; pattern: string }
  /** A program has a watched file open and goes on writing it, which starts no build; published once per file. */
  | { type: 'file-unfinished'; service: ServiceConfig; path: string; pid: number; program: string }
  /** A config file has changes that take effect after a restart, in words. */
  | { type: 'config-needs-restart'; file: string; what: readonly string[] }
  /** A config file can't be used as it is now; its previous content stays in use. */
  | { type: 'config-rejected'; error: JamdevError }
  /** A page of the user's own, by its origin, called the API itself; published once. */
  | { type: 'page-called-api'; origin: string }
  /** The state folder was deleted, or the project folder was moved, in a sentence. */
  | { type: 'notice'; text: string }
  /** An error of jamdev's own; `id` is the one in the API's answer. */
  | { type: 'fault'; error: unknown; id: string }
  /** The dev server begins to close; `backends` still run. */
  | { type: 'closing'; backends: number }
  | { type: 'closed' };

/** Receives events in the order in which they happen. */
export type DevServerListener = (event: DevServerEvent) => void;

/** Carries the events of one dev server from its parts to everyone who subscribed. */
export class EventBus {
  readonly #listeners = new Set<DevServerListener>();

  /** Passes an event on at once. A listener that throws affects neither the publisher nor the other listeners. */
  publish(event: DevServerEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // The listener's own fault: it ends the program like any other uncaught error, outside of this call.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /**
   * Calls a listener for every event from now on.
   * @returns ends the subscription
   */
  subscribe(listener: DevServerListener): () => void {
    // A function of its own, so that a listener that subscribes twice is called twice and each end counts once.
    const entry: DevServerListener = (event) => listener(event);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }
}
