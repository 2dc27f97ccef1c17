import { clusterErrors } from '../contract/errors/cluster-errors.js';
import { withoutControls } from '../contract/identity.js';
import { wellFormed } from './well-formed.js';

/** PostgreSQL keeps users of Plane's in a column of so many characters. */
const MAX_USER_CHARACTERS = 255;
/** PostgreSQL keeps `auth` as JSON that can't hold a NUL, and Plane reads no JSON with half a surrogate pair. */
const UNUSABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * The `user` of a connect request as Plane takes it, without the characters that no header can carry: because of one,
 * Plane's proxy would leave out the header.
 * @throws JamdevError `InvalidRequest` when it is longer than Plane can keep
 */
export function toPlaneUser(user: string | undefined): string | undefined {
  const text = user === undefined ? undefined : wellFormed(withoutControls(user));
  const characters = [...(text ?? '')].length;
  if (characters > MAX_USER_CHARACTERS) throw clusterErrors.userTooLong(characters, MAX_USER_CHARACTERS);
  return text;
}

/** The `auth` of a connect request as Plane takes it. @throws JamdevError `InvalidRequest` when it can't keep it */
export function toPlaneAuth(auth: Record<string, unknown> | undefined): Record<string, unknown> {
  if (isUnusable(auth)) throw clusterErrors.authUnusable();
  return auth ?? {};
}

function isUnusable(value: unknown): boolean {
  if (typeof value === 'string') return UNUSABLE.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some((entry) => entry.some(isUnusable));
}
