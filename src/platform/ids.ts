import { randomBytes, randomFillSync, randomInt } from 'node:crypto';
import { STATIC_TOKEN_PREFIX } from '../contract/connection-token.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS_AND_DIGITS = `${LETTERS}0123456789`;
const BACKEND_ID_LENGTH = 14;
const TOKEN_BYTES = 32;
const TOKENS_AT_ONCE = 64;

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

/**
 * Makes many tokens. It asks the system for the random bytes of many at once, since one such call takes longer than all else
 * that a token needs.
 */
export class TokenSource {
  readonly #bytes = Buffer.alloc(TOKENS_AT_ONCE * TOKEN_BYTES);
  #used = this.#bytes.length;

  /** Makes one as {@link newToken} does. */
  next(): string {
    if (this.#used === this.#bytes.length) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += TOKEN_BYTES;
    const token = this.#bytes.toString('base64url', start, this.#used);
    // A secret stays in memory no longer than what it is for.
    this.#bytes.fill(0, start, this.#used);
    return token;
  }
}

/** A key for a backend that was asked for without one. */
export function newKey(): string {
  return Array.from({ length: 20 }, () => pick(LETTERS_AND_DIGITS)).join('');
}

function pick(characters: string): string {
  return characters[randomInt(characters.length)] as string;
}
