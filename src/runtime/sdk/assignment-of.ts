import type { SpawnRequest } from '../runtime.js';
import type { Assignment } from './messages.js';

/** Platform variables for which an assignment has its own fields. */
const OF_SESSION = /^SESSION_BACKEND_/;

/** Makes the assignment for a request from the environment that a backend started for it would have. */
export function assignmentOf({ backendId, key, env }: SpawnRequest): Assignment {
  const { SESSION_BACKEND_FENCING_TOKEN: fencingToken, SESSION_BACKEND_STATIC_TOKEN: staticToken } = env;
  return {
    backendId,
    key,
    fencingToken: fencingToken === undefined ? null : Number(fencingToken),
    staticToken: staticToken ?? null,
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !OF_SESSION.test(name))),
  };
}
