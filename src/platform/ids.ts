import { randomBytes, randomInt } from 'node:crypto';
import { STATIC_TOKEN_PREFIX } from '../contract/connection-token.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS_AND_DIGITS = `${LETTERS}0123456789`;
const BACKEND_ID_LENGTH = 14;
const TOKEN_BYTES = 32;

/** A backend id: 14 characters, `[a-z][a-z0-9]{13}`, so that it is a valid DNS label. */
export function newBackendId(): string {
  return pick(LETTERS) + Array.from({ length: BACKEND_ID_LENGTH - 1 }, () => pick(LETTERS_AND_DIGITS)).join('');
}

/** A connection token or secret token: 32 random bytes, base64url, 43 characters. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** A static token: the one of its backend. */
export function newStaticToken(): string {
  return `${STATIC_TOKEN_PREFIX}${newToken()}`;
}

/** A key for a backend that was asked for without one. */
export function newKey(): string {
  return Array.from({ length: 20 }, () => pick(LETTERS_AND_DIGITS)).join('');
}

function pick(characters: string): string {
  return characters[randomInt(characters.length)] as string;
}
