/** What a scenario may request with a connect, in the same terms for Plane and for jamdev. */
export interface ConnectOptions {
  /** Complete and unchanged. `undefined`: no key. */
  key?: string | undefined;
  user?: string | undefined;
  auth?: Record<string, unknown> | undefined;
  /** `false`: never spawn. */
  spawn?: false | undefined;
  env?: Record<string, string> | undefined;
  maxIdleSeconds?: number | undefined;
  lifetimeLimitSeconds?: number | undefined;
  /** Backends with one token each, which stays in the path. */
  useStaticToken?: boolean | undefined;
  /** Services do not see each other's keys. Default: `main`. */
  service?: 'main' | 'other' | undefined;
}

/** The answer to a connect, in terms that both APIs share. */
export type ConnectAnswer =
  | { ok: true; id: string; spawned: boolean; status: string; token: string; secret: string | undefined; url: string }
  | { ok: false; httpStatus: number; code: string | undefined };

/** One status of a backend without its time, as both APIs report it. */
export interface StatusRecord {
  status: string;
  termination_reason?: string;
  termination_kind?: string;
  exit_error?: boolean;
}

/** One system that scenarios run on. Its backends run `backend/backend.mjs`. */
export interface Driver {
  readonly name: 'plane' | 'processes' | 'containers';
  readonly proxyPort: number;
  connect(options: ConnectOptions): Promise<ConnectAnswer>;
  /** @returns the HTTP status of the answer */
  terminate(id: string, kind: 'soft' | 'hard'): Promise<number>;
  /** The history of a backend, read from its status stream until it has this status. */
  statusesUntil(id: string, status: string): Promise<StatusRecord[]>;
  /** Kills the backend's process from outside. @param pid as the process itself sees it */
  kill(id: string, pid: number): Promise<void>;
  close(): Promise<void>;
}
