import type { ConnectParams } from '../contract/requests.js';
import type { Status } from '../contract/status.js';
import type { BackendState, LiveState } from './backend-state.js';
import type { Environment, ServiceImage } from './services.js';
import type { UsageInterval } from './usage-gauge.js';

/**
 * What the API speaks to: the control plane of this process, or one that is reached over a network. Everything that is
 * asked of it can take time, so it answers with promises; what goes on is an async iterable, which ends by itself or
 * when the signal given with the request aborts.
 */
export interface ControlPlane {
  /** The name of the cluster that backends run in. */
  readonly cluster: string;
  /** What an account sees and may change. */
  account(caller: Caller): AccountPlane;
  /**
   * The state of a backend; public to anyone who knows its id.
   * @throws JamdevError `BackendNotFound`
   */
  state(id: string): Promise<BackendState>;
  /**
   * Every state of a backend so far, in order, then the live ones, until it has terminated; public like {@link state}.
   * @throws JamdevError `BackendNotFound`, before anything is iterated
   */
  states(id: string, signal: AbortSignal): Promise<AsyncIterable<BackendState>>;
  /**
   * What the page behind `ready_url` shows of a backend. Asking counts as a use of the token.
   * @throws JamdevError `BackendNotFound`, `TokenUnknown`, `BackendEnded`
   */
  arrival(id: string, token: string): Promise<Arrival>;
}

/** Who asks, as was made sure. */
export interface Caller {
  account: string;
  /** For the audit: the person or program behind the request. */
  actor: string;
}

/** What an account sees and may change. */
export interface AccountPlane {
  /**
   * Connects to the backend that holds a key, or spawns one.
   * @param service as in the request's path
   * @param signal aborts the wait, as when the client hung up
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`, `KeyUnheldNoSpawnConfig`, and those of the kind of control
   *   plane that it is
   */
  connect(service: string, params: ConnectParams, signal?: AbortSignal): Promise<Connected>;
  /** @throws JamdevError `BackendNotFound` */
  backend(id: string): Promise<BackendView>;
  /** Backends that have not ended, oldest first. */
  running(): Promise<BackendView[]>;
  /**
   * Every line that a backend printed so far, then the live ones, until it has ended.
   * @throws JamdevError `BackendNotFound`, before anything is iterated
   */
  logLines(id: string, signal: AbortSignal): Promise<AsyncIterable<string>>;
  /**
   * What a backend uses, about every second, until it has ended. A reader that is slow gets the newest interval and
   * misses those before.
   * @throws JamdevError `BackendNotFound`, before anything is iterated
   */
  usage(id: string, signal: AbortSignal): Promise<AsyncIterable<UsageInterval>>;
  /**
   * Begins the end of a backend, and does not wait for it.
   * @throws JamdevError `BackendNotFound`, `BackendNotRunning`
   */
  terminate(id: string, hard: boolean): Promise<void>;
  /**
   * Begins the end of the running backends of a service, and does not wait for it.
   * @throws JamdevError `ServiceNotFound`
   */
  terminateService(service: string, request: ServiceTermination): Promise<{ found: number; terminated: number }>;

  /** The names of the services. */
  services(): Promise<string[]>;
  /** @throws JamdevError `ServiceNotFound` */
  service(name: string): Promise<ServiceView>;
  /** @throws JamdevError `ServiceExists` */
  createService(name: string): Promise<void>;
  /** @throws JamdevError `ServiceNotFound`, `ServiceConfigured`, `ServiceInUse` */
  deleteService(name: string): Promise<void>;
  /** The images that a connect request can choose by tag, the newest first. @throws JamdevError `ServiceNotFound` */
  images(service: string): Promise<ServiceImage[]>;
  /**
   * Chooses the image that new backends of an environment run.
   * @param image a tag or digest
   * @throws JamdevError `ServiceNotFound`, `ImageNotFound`
   */
  useImage(service: string, environment: string, image: string): Promise<void>;
}

/** Which backends of a service are to end. */
export interface ServiceTermination {
  /** Only those created before this time; undefined: all. */
  before?: Date | undefined;
  hard: boolean;
  /** Only counts them. */
  dryRun: boolean;
}

/** What connecting gives. */
export interface Connected {
  backendId: string;
  /** Whether this very request started the backend. */
  spawned: boolean;
  /** As it was then; it may have moved on since. */
  status: Status;
  token: string;
  /** A static token has none. */
  secretToken: string | undefined;
  /** What the caller should know although the connect succeeded, as a sentence. */
  remark?: string | undefined;
  connectionUrl: MakeConnectionUrl;
}

/**
 * Makes the connection URL of a token.
 * @param proxyUrl where the caller reaches the proxy of this process; a control plane with proxies of its own leads there
 */
type MakeConnectionUrl = (proxyUrl: string) => string;

/** A backend as it was when it was asked about. */
export interface BackendView {
  id: string;
  service: string;
  environment: string;
  key: string;
  createdAt: Date;
  /** All states so far, the first one first; at least one. */
  history: readonly BackendState[];
  /** Empty while it is not known. */
  imageDigest: string;
  /** The most memory that it was seen to use; bytes. */
  peakMemoryBytes: number | undefined;
}

/** A service as it was when it was asked about. */
export interface ServiceView {
  name: string;
  createdAt: Date;
  lastSpawnedAt: Date | undefined;
  environments: readonly Readonly<Environment>[];
}

/** A backend that a browser waits for. */
export interface Arrival {
  state: LiveState;
  /** Name of its service; undefined: not known. */
  service?: string;
  connectionUrl: MakeConnectionUrl;
  /** What it printed last, if the page may show that. */
  lines: readonly string[];
}
