import type { BuildOutcome, LogSource, OnChange, PublicStatus } from './wire-types.js';

/** The backend of an event. */
export interface EventBackend {
  /** The backend's id. */
  backend: string;
  key: string;
  service: string;
}

/** The subject of a `message` event. */
export type MessageSubject =
  | 'logs-recovered'
  | 'import-not-watched'
  | 'output-learned'
  | 'backend-writes'
  | 'file-unfinished'
  | 'config-needs-restart'
  | 'config-rejected'
  | 'page-called-api'
  | 'notice';

/**
 * An event of a dev server as JSON: a line of `jamdev dev --json`, and what `subscribe()` of the public
 * API delivers.
 */
export type DevServerEventJson =
  /** A backend's status; `scheduled` is the first. `exit_code` and `exit_signal` come with `terminated`. */
  | (EventBackend &
      PublicStatus & {
        event: 'status';
        exit_code?: number | null;
        exit_signal?: string | null;
        /** What jamdev did, if the status does not explain the end: "replaced by build 3 (changed: server.js)". */
        explanation?: string;
      })
  /** A remark about a backend, in one or two sentences. */
  | (EventBackend & { event: 'notice'; text: string })
  /** A line of a backend, or a remark of jamdev in its log. */
  | { event: 'log'; backend: string; key: string; source: LogSource; text: string }
  /** A log can't be written; reported once until the `message` event about `logs-recovered`. */
  | { event: 'disk-problem'; backend: string; message: string }
  /** A backend's process is being replaced by one of another build; the status does not change. */
  | (EventBackend & { event: 'restarting'; build: number; explanation: string })
  /** The backend is reachable again after `restarting`. */
  | (EventBackend & { event: 'restarted'; build: number })
  /** `command` is null if the service has nothing to build. */
  | { event: 'build-started'; service: string; number: number; reason: string; command: string | null }
  | { event: 'build-line'; service: string; text: string }
  | ({ event: 'build-ended'; service: string } & BuildOutcome)
  /** Running backends are being ended or replaced because of a new build. */
  | {
      event: 'rolled-out';
      service: string;
      on_change: OnChange;
      build: number;
      backends: number;
    }
  /** File changes may be missed. */
  | { event: 'watch-problem'; service: string; message: string }
  /** Any other information for the user, in a sentence. */
  | { event: 'message'; about: MessageSubject; text: string }
  /** An internal error of jamdev; `id` is the one in the API's answer. */
  | { event: 'fault'; id: string; message: string }
  /** The dev server has begun to close; `running` is the number of backends that are still running. */
  | { event: 'stopping'; running: number }
  | { event: 'stopped' };
