import { clusterErrors } from '../contract/errors/cluster-errors.js';
import type { ConnectParams, ResourceLimits } from '../contract/requests.js';
import { MAX_SPAWN_BYTES, spawnBytes } from '../contract/spawn-size.js';
import type { ClusterImage, ClusterSettings } from './cluster-settings.js';
import type { PlaneKey, SpawnConfig } from './controller-wire.js';
import { mountName } from './mount-name.js';

/** As on the platform. */
const DEFAULT_MAX_IDLE_SECONDS = 300;
/** Plane reads limits of time as numbers of 32 bits; 68 years are as good as for ever. */
const MAX_SECONDS = 2 ** 31 - 1;

/** Whose backend it is. */
export interface BackendOwner {
  id: string;
  account: string;
  service: string;
  key: string;
}

/** A key of a service of an account, as Plane knows it. */
export function planeKey({ account, service, key }: Omit<BackendOwner, 'id'>): PlaneKey {
  return { namespace: `${account}/${service}`, name: key, tag: '' };
}

/**
 * Translates a connect request for Plane.
 * @throws JamdevError `InvalidRequest` when it is more than Plane can pass on
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

/** Plane takes whole numbers only. */
function toPlaneLimits(limits: ResourceLimits): Record<string, number> {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([name, value]) => (value == null ? [] : [[name, Math.ceil(value)]])),
  );
}
