/**
 * The wire types that `import 'jamdev'` exports. They are written without zod, so that their declarations
 * need no other package; the schemas are checked against them.
 */

/** The v2 status of a backend. Statuses occur in this order; some may be skipped. */
export type Status =
  | 'scheduled'
  | 'loading'
  | 'starting'
  | 'waiting'
  | 'ready'
  | 'terminating'
  | 'hard-terminating'
  | 'terminated';

/** Why a backend was ended; absent when its process exited on its own. */
export type TerminationReason = 'swept' | 'external' | 'keyexpired' | 'lost' | 'startuptimeout' | 'internalerror';

/** How a backend was ended: with SIGTERM or with SIGKILL. */
export type TerminationKind = 'soft' | 'hard';

/** Public v2 status, as on `GET /v2/backend/:id/status` and its stream. */
export interface PublicStatus {
  status: Status;
  /** ISO 8601 in UTC. */
  time: string;
  termination_reason?: TerminationReason | undefined;
  termination_kind?: TerminationKind | undefined;
  /** Whether the process failed; present once it has ended. */
  exit_error?: boolean | undefined;
}

/** v2 connect response. */
export interface ConnectResponse {
  backend_id: string;
  /** Whether this request started the backend. */
  spawned: boolean;
  status: Status;
  token: string;
  /** The connection URL: HTTP and WebSocket requests to it reach the backend. */
  url: string;
  /** Null for a static token, which has none. */
  secret_token: string | null;
  status_url: string;
  ready_url: string;
}

/** The outcome of a build. `superseded`: a newer build replaced it. */
export type BuildOutcome =
  | {
      result: 'succeeded';
      number: number;
      ms: number;
      /** Present when the result is the same as that of the last good build: running backends are not touched. */
      unchanged?: true | undefined;
    }
  | {
      result: 'failed';
      number: number;
      ms: number;
      /** Such as "exit code 1". */
      failure: string;
      /** The last lines of the build's output. */
      lines: string[];
    }
  | { result: 'superseded'; number: number };

/** The outcome of a service's build. */
export type ServiceBuild = { service: string } & BuildOutcome;

/** The stream of a line in a backend's log; `jamdev`: a remark of jamdev itself. */
export type LogSource = 'stdout' | 'stderr' | 'jamdev';

/** What a successful build does to backends that run older code. */
export type OnChange = 'terminate' | 'restart' | 'keep';
