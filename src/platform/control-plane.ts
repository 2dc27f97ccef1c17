import type { ConnectParams } from '../contract/requests.js';
import type { Status } from '../contract/status.js';
import type { BackendState, LiveState } from './backend-state.js';
import type { Environment, ServiceImage } from './services.js';
import type { UsageInterval } from './usage-gauge.js';

/**
 * The control plane behind the API, either in this process or reached over a network. All operations may take time, so
 * they return promises. Ongoing data is an async iterable, which ends on its own or when the given signal aborts.
 */
export interface ControlPlane {
  /** The name of the cluster in which backends run. */
  readonly cluster: string;
  /** Returns the view and operations of an account. */
  account(caller: Caller): AccountPlane;
  /**
   * Returns the state of a backend. Public to anyone who knows its id.
   * @throws JamdevError `BackendNotFound`
   */
  state(id: string): Promise<BackendState>;
  /**
   * Yields every state of a backend so far, in order, then live ones until it has terminated. Public like
   * {@link state}.
   * @throws JamdevError `BackendNotFound`, before the iteration begins
   */
  states(id: string, signal: AbortSignal): Promise<AsyncIterable<BackendState>>;
  /**
   * Returns what the page behind `ready_url` shows of a backend. The call counts as a use of the token.
   * @throws JamdevError `BackendNotFound`, `TokenUnknown`, `BackendEnded`
   */
  arrival(id: string, token: string): Promise<Arrival>;
}

/** The authenticated sender of a request. */
export interface Caller {
  account: string;
  /** The person or program behind the request, for the audit log. */
  actor: string;
}

/** The view and operations of one account. */
export interface AccountPlane {
  /**
   * Connects to the backend that holds a key, or spawns one.
   * @param service as in the request's path
   * @param signal aborts the wait, for example when the client disconnects
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`, `KeyUnheldNoSpawnConfig`, and further codes of the
   *   implementation
   */
  connect(service: string, params: ConnectParams, signal?: AbortSignal): Promise<Connected>;
  /** @throws JamdevError `BackendNotFound` */
  backend(id: string): Promise<BackendView>;
  /** Backends that have not ended, oldest first. */
  running(): Promise<BackendView[]>;
  /**
   * Yields every line that a backend has printed so far, then live lines until it has ended.
   * @throws JamdevError `BackendNotFound`, before the iteration begins
   */
  logLines(id: string, signal: AbortSignal): Promise<AsyncIterable<string>>;
  /**
   * Yields the usage of a backend about every second until it has ended. A slow reader gets the newest interval and
   * misses earlier ones.
   * @throws JamdevError `BackendNotFound`, before the iteration begins
   */
  usage(id: string, signal: AbortSignal): Promise<AsyncIterable<UsageInterval>>;
  /**
   * Begins to terminate a backend without waiting for its end.
   * @throws JamdevError `BackendNotFound`, `BackendNotRunning`
   */
  terminate(id: string, hard: boolean): Promise<void>;
  /**
   * Begins to terminate the running backends of a service without waiting for their end.
   * @throws JamdevError `ServiceNotFound`
   */
  terminateService(service: string, request: ServiceTermination): Promise<{ found: number; terminated: number }>;

  /** Returns the names of the services. */
  services(): Promise<string[]>;
  /** @throws JamdevError `ServiceNotFound` */
  service(name: string): Promise<ServiceView>;
  /** @throws JamdevError `ServiceExists` */
  createService(name: string): Promise<void>;
  /** @throws JamdevError `ServiceNotFound`, `ServiceConfigured`, `ServiceInUse` */
  deleteService(name: string): Promise<void>;
  /**
   * Returns the images that a connect request can select by tag, newest first. @throws JamdevError `ServiceNotFound`
   */
  images(service: string): Promise<ServiceImage[]>;
  /**
   * Selects the image for new backends of an environment.
   * @param image a tag or digest
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`
   */
  useImage(service: string, environment: string, image: string): Promise<void>;
}

/** Selects the backends of a service to terminate. */
export interface ServiceTermination {
  /** Selects only backends created before this time; undefined for all. */
  before?: Date | undefined;
  hard: boolean;
  /** Only counts the backends, without terminating them. */
  dryRun: boolean;
}

/** The result of a connect request. */
export interface Connected {
  backendId: string;
  /** Whether this request spawned the backend. */
  spawned: boolean;
  /** The backend's status at the time of the connect. */
  status: Status;
  token: string;
  /** Undefined for a static token. */
  secretToken: string | undefined;
  /** A sentence with a warning for the caller, even though the connect succeeded. */
  remark?: string | undefined;
  connectionUrl: MakeConnectionUrl;
}

/**
 * Makes the connection URL of a token.
 * @param proxyUrl the URL at which the caller reaches this process's proxy; ignored by a control plane with proxies of
 *   its own
 */
type MakeConnectionUrl = (proxyUrl: string) => string;

/** A snapshot of a backend. */
export interface BackendView {
  id: string;
  service: string;
  environment: string;
  key: string;
  createdAt: Date;
  /** All states so far, oldest first; at least one. */
  history: readonly BackendState[];
  /** Empty until it is known. */
  imageDigest: string;
  /** The highest memory usage observed, in bytes. */
  peakMemoryBytes: number | undefined;
}

/** A snapshot of a service. */
export interface ServiceView {
  name: string;
  createdAt: Date;
  lastSpawnedAt: Date | undefined;
  environments: readonly Readonly<Environment>[];
}

/** A backend for which a browser is waiting. */
export interface Arrival {
  state: LiveState;
  /** The name of the backend's service; undefined if it is not known. */
  service?: string;
  connectionUrl: MakeConnectionUrl;
  /** The backend's last output, if the page may show it. */
  lines: readonly string[];
}
