import type { ResourceLimits } from '../contract/requests.js';
import type { SessionSettings } from '../platform/session-settings.js';
import type { SpawnConfig } from './controller-wire.js';

/** What `jamdev serve` was told about the cluster and what runs on it. */
export interface ClusterSettings {
  /** The name by which drones and proxies were started, with its port if it has one. */
  cluster: string;
  /** Only drones of this pool; '' is the one of drones that name none. */
  pool: string;
  /** Whether each backend gets an origin of its own, BACKEND.CLUSTER. */
  subdomains: boolean;
  /** Services that every account has, by name. */
  services: ReadonlyMap<string, ClusterService>;
  /** The service that "-" stands for. */
  defaultService: string;
  /** For requests that say nothing. */
  defaultLimits: ResourceLimits;
  /** How many backends an account may have at once; undefined: any number. */
  maxBackends: number | undefined;
}

/** A service of the config. */
interface ClusterService {
  /** A full reference, which the environment `default` runs; undefined: none. */
  image: string | undefined;
  pullPolicy: PullPolicy;
  sessions: ClusterSessions;
}

/** What a backend is to run, and how. */
export interface ClusterImage {
  image: string;
  pullPolicy: PullPolicy;
  /** For the registry, where that needs one. */
  credentials?: SpawnConfig['executable']['credentials'];
  sessions: ClusterSessions;
}

/** What can be set for the sessions of a service; how long a soft end may take is Plane's own. */
type ClusterSessions = Omit<SessionSettings, 'gracePeriodSeconds'>;

/** When a drone pulls an image. */
type PullPolicy = SpawnConfig['executable']['pull_policy'];
