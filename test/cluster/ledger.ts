import type { Status } from '../../src/contract/status.js';

/** A request to a session through a proxy, with its times in ms since 1970. */
export interface Exchange {
  backendId: string;
  token: string;
  sentAtMs: number;
  endedAtMs: number;
}

/** A status as a client saw it. */
export interface SeenStatus {
  status: Status;
  time: string;
}

/** What one connection to a status stream delivered. */
export interface SeenStream {
  backendId: string;
  statuses: SeenStatus[];
  /** Whether the server ended it after all statuses. */
  isWhole: boolean;
}

/** Everything that the clients of a cluster saw. */
export class Ledger {
  /** Requests and WebSocket messages that the backend answered. */
  readonly answers: Exchange[] = [];
  /** Requests that the proxy refused because the token no longer works. */
  readonly refusals: Exchange[] = [];
  readonly streams: SeenStream[] = [];
  /** Statuses read one at a time, in order. */
  readonly polls = new Map<string, SeenStatus[]>();
  /** The keys of all backends. */
  readonly keys = new Map<string, string>();
  /** Violations that no client may see, whatever fails. */
  readonly faults: string[] = [];
}
