/** A v2 connect request in code: its body and the service's name. */
export interface ConnectOptions {
  /** Default: the default service. */
  service?: string | undefined;
  /** The key to lock the backend to. Without it, a new backend is spawned. */
  key?: string | undefined;
  /** Sent to the backend as `x-verified-username`. */
  user?: string | undefined;
  /** Sent to the backend as `x-verified-user-data`. */
  auth?: Record<string, unknown> | undefined;
  /** `false` to only look for the holder of the key. */
  spawn?: boolean | SpawnOptions | undefined;
}

/** How to spawn a backend. */
export interface SpawnOptions {
  /** The image to run: `latest`, `build-N`, or your own tag. */
  tag?: string | undefined;
  /** Ends the backend this long after the spawn. */
  lifetime_limit_seconds?: number | undefined;
  /** Ends the backend after this long without a connection; default: 300. */
  max_idle_seconds?: number | undefined;
  executable?: { env?: Record<string, string> | undefined } | undefined;
}
