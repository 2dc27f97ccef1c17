import { randomBytes, randomFillSync, randomInt } from 'node:crypto';
import { STATIC_TOKEN_PREFIX } from '../contract/connection-token.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS_AND_DIGITS = `${LETTERS}0123456789`;
const BACKEND_ID_LENGTH = 14;
const TOKEN_BYTES = 32;
const TOKENS_AT_ONCE = 64;

/** Makes a backend id: 14 characters, `[a-z][a-z0-9]{13}`, which is a valid DNS label. */
export function newBackendId(): string {
  return pick(LETTERS) + Array.from({ length: BACKEND_ID_LENGTH - 1 }, () => pick(LETTERS_AND_DIGITS)).join('');
}

/** Makes a connection token or secret token: 32 random bytes, base64url, 43 characters. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Makes a static token, the only token of its backend. */
export function newStaticToken(): string {
  return `${STATIC_TOKEN_PREFIX}${newToken()}`;
}

/**
 * Makes tokens. It gets the random bytes for many tokens in one system call, because the call takes longer than all
 * other work for a token.
 */
export class TokenSource {
  readonly #bytes = Buffer.alloc(TOKENS_AT_ONCE * TOKEN_BYTES);
  #used = this.#bytes.length;

  /** Makes a token like {@link newToken}. */
  next(): string {
    if (this.#used === this.#bytes.length) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += TOKEN_BYTES;
    const token = this.#bytes.toString('base64url', start, this.#used);
    // Random bytes that have become a token are erased at once.
    this.#bytes.fill(0, start, this.#used);
    return token;
  }
}

/** Makes a key for a connect request without one. */
export function newKey(): string {
  return Array.from({ length: 20 }, () => pick(LETTERS_AND_DIGITS)).join('');
}

function pick(characters: string): string {
  return characters[randomInt(characters.length)] as string;
}
