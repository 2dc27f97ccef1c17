import { connectErrors } from './errors/connect-errors.js';

/** The longest key, in unicode code points (platform contract, "Keys"). */
export const MAX_KEY_CHARACTERS = 128;

/** Describes a JSON value in a message: `null`, `a list`, `a number`... */
export function describeJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Checks a key: any unicode string of 1 to 128 code points that an environment variable can hold.
 * @throws JamdevError `InvalidKey`
 */
export function parseKey(value: unknown): string {
  if (typeof value !== 'string') throw connectErrors.keyNotString(describeJson(value));
  if (value === '') throw connectErrors.emptyKey();
  const length = [...value].length;
  if (length > MAX_KEY_CHARACTERS) throw connectErrors.longKey(length);
  if (value.includes('\0') || /\p{Surrogate}/u.test(value)) throw connectErrors.keyNotText();
  return value;
}
