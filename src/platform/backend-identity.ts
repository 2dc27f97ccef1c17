import type { ConnectParams } from '../contract/requests.js';
import type { Build, SpawnRequest } from '../runtime/runtime.js';
import type { Service } from './services.js';

/** What makes one backend different from another. */
export interface BackendIdentity {
  id: string;
  service: Service;
  key: string;
  /** Whether the key was given in the request, or made up. */
  keyGiven: boolean;
  environment: string;
  /** The image it was asked to run, which it keeps; undefined: the newest build, and newer ones later. */
  image?: Build | undefined;
  fencingToken: number;
  /** Its only connection token, if it has a static one. */
  staticToken?: string | undefined;
}

/** What a runtime has to know of a backend to start a process of a build for it. */
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

/** What the platform puts into every backend's environment, `PORT` apart. */
function platformEnvironment(identity: BackendIdentity): Record<string, string> {
  return {
    SESSION_BACKEND_ID: identity.id,
    SESSION_BACKEND_KEY: identity.key,
    SESSION_BACKEND_FENCING_TOKEN: String(identity.fencingToken),
    JAMSOCKET_SERVICE: identity.service.name,
    ...(identity.staticToken === undefined ? {} : { SESSION_BACKEND_STATIC_TOKEN: identity.staticToken }),
  };
}
