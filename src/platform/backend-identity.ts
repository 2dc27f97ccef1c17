import type { ConnectParams } from '../contract/requests.js';
import type { Build, SpawnRequest } from '../runtime/runtime.js';
import type { Service } from './services.js';

/** The properties that identify a backend. */
export interface BackendIdentity {
  id: string;
  service: Service;
  key: string;
  /** Whether the key was given in the request rather than generated. */
  keyGiven: boolean;
  environment: string;
  /**
   * The image that the request selected, which the backend keeps. If undefined, the backend runs the newest build and
   * moves to newer ones.
   */
  image?: Build | undefined;
  fencingToken: number;
  /** The backend's only connection token, if its service uses static tokens. */
  staticToken?: string | undefined;
}

/** Makes the request by which a runtime starts a process of a build for a backend. */
export function describeStart(
  identity: BackendIdentity,
  { env, limits, mount }: ConnectParams,
  build: Build,
): Omit<SpawnRequest, 'onOutput' | 'onRemark'> {
  return {
    backendId: identity.id,
    service: identity.service.name,
    key: identity.key,
    build,
    env: { ...env, ...platformEnvironment(identity) },
    limits,
    mount,
  };
}

/** Returns the variables that the platform sets in every backend's environment, except `PORT`. */
function platformEnvironment(identity: BackendIdentity): Record<string, string> {
  return {
    SESSION_BACKEND_ID: identity.id,
    SESSION_BACKEND_KEY: identity.key,
    SESSION_BACKEND_FENCING_TOKEN: String(identity.fencingToken),
    JAMSOCKET_SERVICE: identity.service.name,
    ...(identity.staticToken === undefined ? {} : { SESSION_BACKEND_STATIC_TOKEN: identity.staticToken }),
  };
}
