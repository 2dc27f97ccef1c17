import { connectErrors } from './errors/connect-errors.js';
import { requestErrors } from './errors/request-errors.js';

/** Variables that the platform sets itself; a request with one gets 400 (platform contract, "HTTP API"). */
export const RESERVED_ENV: readonly string[] = [
  'PORT',
  'SESSION_BACKEND_ID',
  'SESSION_BACKEND_KEY',
  'SESSION_BACKEND_FENCING_TOKEN',
  'SESSION_BACKEND_STATIC_TOKEN',
  'JAMSOCKET_SERVICE',
];

/**
 * Checks the names and values of environment variables in a request.
 * @throws JamdevError `ReservedEnv` for a variable that the platform sets, `InvalidRequest` for one that no process can
 *   have
 */
export function checkEnv(env: Record<string, string>, path = 'env'): Record<string, string> {
  for (const [name, value] of Object.entries(env)) {
    if (RESERVED_ENV.includes(name)) throw connectErrors.reservedEnv(name);
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw requestErrors.invalidField(`${path}.${name}`, 'is not a valid name of an environment variable');
    }
    if (value.includes('\0')) throw requestErrors.invalidField(`${path}.${name}`, 'must not contain a NUL character');
  }
  return env;
}
