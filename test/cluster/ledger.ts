import type { Status } from '../../src/contract/status.js';

/** A request to a session through a proxy, and when; ms since 1970. */
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

/** What one connection to a stream of statuses brought. */
export interface SeenStream {
  backendId: string;
  statuses: SeenStatus[];
  /** Whether the server ended it, after all statuses. */
  isWhole: boolean;
}

/** What all clients of a cluster saw. */
export class Ledger {
  /** Requests, and messages of WebSockets, that the backend answered. */
  readonly answers: Exchange[] = [];
  /** Those that the proxy refused, since the token does not work anymore. */
  readonly refusals: Exchange[] = [];
  readonly streams: SeenStream[] = [];
  /** Statuses that were asked for, in order. */
  readonly polls = new Map<string, SeenStatus[]>();
  /** The keys of all backends. */
  readonly keys = new Map<string, string>();
  /** What no client may see whatever fails. */
  readonly faults: string[] = [];
}
