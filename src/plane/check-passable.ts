import { requestErrors } from '../contract/errors/request-errors.js';
import type { ConnectParams } from '../contract/requests.js';

/** Plane stores users in a column with this limit. */
const MAX_USER_CHARACTERS = 255;

/**
 * Checks a request against the limits of Plane's storage: PostgreSQL can't store NUL, JSON in UTF-8 can't have half a
 * surrogate pair, and numbers are 64-bit integers. Plane would answer with 500 or 422.
 * @throws JamdevError `InvalidRequest`
 */
export function checkPassable({ user, auth, env, limits }: ConnectParams): void {
  checkText(user, 'user');
  if (user !== undefined && [...user].length > MAX_USER_CHARACTERS) {
    throw requestErrors.invalidField('user', `must have at most ${MAX_USER_CHARACTERS} characters`);
  }
  checkText(auth, 'auth');
  checkText(env, 'env');
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (value != null && value > Number.MAX_SAFE_INTEGER) {
      throw requestErrors.invalidField(`resource_limits.${name}`, `must be at most ${Number.MAX_SAFE_INTEGER}`);
    }
  }
}

/** Checks all texts in a JSON value, including field names. */
function checkText(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw requestErrors.invalidField(path, 'must not contain a NUL character');
    if (/\p{Surrogate}/u.test(value))
      throw requestErrors.invalidField(path, 'must not contain half of a surrogate pair');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    checkText(name, path);
    checkText(inner, `${path}.${name}`);
  }
}
