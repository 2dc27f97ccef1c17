import type { ResourceLimits } from '../contract/requests.js';
import type { SessionSettings } from '../platform/session-settings.js';
import type { SpawnConfig } from './controller-wire.js';

/** The settings of `jamdev serve` for the cluster and its services. */
export interface ClusterSettings {
  /** The cluster name with which drones and proxies were started, including its port, if any. */
  cluster: string;
  /** Backends run only on drones of this pool; '' is the pool of drones without a pool name. */
  pool: string;
  /** Whether each backend gets its own origin, BACKEND.CLUSTER. */
  subdomains: boolean;
  /** The services that every account has, by name. */
  services: ReadonlyMap<string, ClusterService>;
  /** The service for the name "-". */
  defaultService: string;
  /** Limits for requests that do not set any. */
  defaultLimits: ResourceLimits;
  /** How many backends an account may have at once; undefined for no limit. */
  maxBackends: number | undefined;
}

/** A service in the config. */
interface ClusterService {
  /** The full reference of the image for the environment `default`; undefined if there is none. */
  image: string | undefined;
  pullPolicy: PullPolicy;
  sessions: ClusterSessions;
}

/** The image and settings for a new backend. */
export interface ClusterImage {
  image: string;
  pullPolicy: PullPolicy;
  /** Credentials for the registry, if it needs them. */
  credentials?: SpawnConfig['executable']['credentials'];
  sessions: ClusterSessions;
}

/** The configurable session settings of a service. The grace period is not among them, since Plane sets it. */
type ClusterSessions = Omit<SessionSettings, 'gracePeriodSeconds'>;

/** When drones pull an image. */
type PullPolicy = SpawnConfig['executable']['pull_policy'];
