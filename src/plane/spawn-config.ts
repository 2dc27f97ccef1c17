import { clusterErrors } from '../contract/errors/cluster-errors.js';
import type { ConnectParams, ResourceLimits } from '../contract/requests.js';
import { MAX_SPAWN_BYTES, spawnBytes } from '../contract/spawn-size.js';
import type { ClusterImage, ClusterSettings } from './cluster-settings.js';
import type { PlaneKey, SpawnConfig } from './controller-wire.js';
import { mountName } from './mount-name.js';

/** The same default as on the platform. */
const DEFAULT_MAX_IDLE_SECONDS = 300;
/** Plane reads time limits as 32-bit integers; 68 years is practically forever. */
const MAX_SECONDS = 2 ** 31 - 1;

/** The identity of a backend and its owner. */
export interface BackendOwner {
  id: string;
  account: string;
  service: string;
  key: string;
}

/** Returns the key of an account's service in Plane's terms. */
export function planeKey({ account, service, key }: Omit<BackendOwner, 'id'>): PlaneKey {
  return { namespace: `${account}/${service}`, name: key, tag: '' };
}

/**
 * Converts a connect request to Plane's form.
 * @throws JamdevError `InvalidRequest` if the request is larger than Plane can forward
 */
export function toSpawnConfig(
  owner: BackendOwner,
  params: ConnectParams,
  { image, pullPolicy, credentials, sessions }: ClusterImage,
  { cluster, pool, subdomains, defaultLimits }: ClusterSettings,
): SpawnConfig {
  const env = { ...params.env, JAMSOCKET_SERVICE: owner.service };
  const bytes = spawnBytes({ key: owner.key, image, credentials, env });
  if (bytes > MAX_SPAWN_BYTES) throw clusterErrors.spawnTooLarge(bytes, MAX_SPAWN_BYTES);
  return {
    id: owner.id,
    cluster,
    pool,
    subdomain: subdomains ? owner.id : undefined,
    lifetime_limit_seconds: atMost(MAX_SECONDS, params.lifetimeLimitSeconds ?? sessions.lifetimeLimitSeconds),
    max_idle_seconds: atMost(MAX_SECONDS, params.maxIdleSeconds ?? sessions.maxIdleSeconds) ?? DEFAULT_MAX_IDLE_SECONDS,
    use_static_token: sessions.useStaticToken,
    executable: {
      image,
      pull_policy: pullPolicy,
      credentials,
      env,
      resource_limits: toPlaneLimits({ ...defaultLimits, ...withoutNulls(params.limits) }),
      mount: mountName(owner, params.mount),
    },
  };
}

function withoutNulls(limits: ResourceLimits | undefined): ResourceLimits {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value != null));
}

function atMost(limit: number, value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.min(limit, value);
}

/** Rounds limits up, since Plane accepts integers only. */
function toPlaneLimits(limits: ResourceLimits): Record<string, number> {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([name, value]) => (value == null ? [] : [[name, Math.ceil(value)]])),
  );
}
