import type { ServiceConfig } from '../config/service-config.js';
import type { BuildOutcome, OutputSource } from '../contract/dev-endpoints.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import type { BackendLog } from '../logs/backend-log.js';
import type { LogRecord } from '../logs/log-format.js';
import type { Backend } from '../platform/backend.js';
import type { BackendState } from '../platform/backend-state.js';

/**
 * All events of a running dev server for the outside. The terminal, the
 * JSON output, the public API and tests subscribe to these and to nothing else.
 */
export type DevServerEvent =
  /** A backend was spawned; it is `scheduled`, and a `backend-state` event follows each later state. */
  | { type: 'backend-spawned'; backend: Backend }
  | { type: 'backend-state'; backend: Backend; state: BackendState }
  /** A remark about a backend, in one or two sentences. It is also in the backend's log. */
  | { type: 'backend-notice'; backend: Backend; text: string }
  /** A backend's process is being replaced by one of another build; the status does not change. */
  | { type: 'backend-restarting'; backend: Backend; build: number; explanation: string }
  /** The backend is reachable again after `backend-restarting`. */
  | { type: 'backend-restarted'; backend: Backend; build: number }
  /**
   * A backend printed whole lines, or jamdev added its own (`source` is `jamdev`); with no lines, the log has ended.
   */
  | { type: 'output'; log: BackendLog; source: LogRecord['source']; lines: readonly Buffer[] }
  /** An unfinished line that has been incomplete for a moment; '' if the line has ended or was discarded. */
  | { type: 'unfinished-output'; log: BackendLog; source: OutputSource; text: string }
  /** Logs can't be written; reported once until `logs-recovered`. */
  | { type: 'logs-failed'; log: BackendLog; error: Error }
  | { type: 'logs-recovered' }
  /** `command` is undefined if the service has nothing to build. */
  | { type: 'build-started'; service: string; number: number; reason: string; command: string | undefined }
  | { type: 'build-line'; service: string; line: string }
  | { type: 'build-ended'; service: string; outcome: BuildOutcome; command: string | undefined }
  /** Running backends are being ended or replaced because of a new build. */
  | { type: 'build-rolled-out'; service: ServiceConfig; number: number; backends: number }
  /** Some file changes of a service may be missed. */
  | { type: 'watch-failed'; service: ServiceConfig; error: NodeJS.ErrnoException }
  /** A service runs or imports a file that is not watched. Published once per service. The paths are absolute. */
  | { type: 'import-not-watched'; service: ServiceConfig; file: string; toWatch: string; isProgram: boolean }
  /**
   * Only builds or backends write this file, so changes to it no longer start builds. The path is relative to the
   * service.
   */
  | { type: 'output-learned'; service: ServiceConfig; file: string; writtenBy: 'build' | 'backend' | 'program' }
  /** Backends write watched files, which starts no build. `pattern` is for `ignore`. Published once. */
  | { type: 'backend-writes'; service: ServiceConfig; pattern: string }
  /**
   * A program keeps a watched file open for writing; it starts a build only when it is closed. Published once per file.
   */
  | { type: 'file-unfinished'; service: ServiceConfig; path: string; pid: number; program: string }
  /** A config file has changes that take effect after a restart, in words. */
  | { type: 'config-needs-restart'; file: string; what: readonly string[] }
  /** A config file is invalid; its previous content stays in use. */
  | { type: 'config-rejected'; error: JamdevError }
  /** A page of the user's own front end called the API directly. Published once. */
  | { type: 'page-called-api'; origin: string }
  /** The state folder was deleted, or the project folder was moved. `text` is a sentence. */
  | { type: 'notice'; text: string }
  /** An internal error of jamdev; `id` is the one in the API's answer. */
  | { type: 'fault'; error: unknown; id: string }
  /** The dev server has begun to close; `backends` is the number of backends that are still running. */
  | { type: 'closing'; backends: number }
  | { type: 'closed' };

/** Receives events in order. */
export type DevServerListener = (event: DevServerEvent) => void;

/** Delivers the events of one dev server from its parts to all subscribers. */
export class EventBus {
  readonly #listeners = new Set<DevServerListener>();

  /** Passes an event on at once. An exception in a listener affects neither the publisher nor the other listeners. */
  publish(event: DevServerEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // A bug of the listener: it is rethrown outside of this call, and ends the process like any other uncaught
        // error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /**
   * Calls a listener for every event from now on.
   * @returns a function that ends the subscription
   */
  subscribe(listener: DevServerListener): () => void {
    // A separate function, so that a listener that subscribes twice is called twice, and each subscription ends
    // separately.
    const entry: DevServerListener = (event) => listener(event);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }
}
