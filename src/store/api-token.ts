import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 8;
const SECRET_BYTES = 32;
/** The official command-line client accepts only tokens with a period (`jamsocket login --token`). */
const FORM = /^([0-9a-f]{16})\.([\w-]{43})$/;

/** The parts of an API token. */
export interface ApiToken {
  /** Identifies the token in lists, the audit log and logs. */
  id: string;
  secret: string;
}

/** Makes a new API token. */
export function newApiToken(): ApiToken {
  return { id: randomBytes(ID_BYTES).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('base64url') };
}

/** Returns the text that clients send. */
export function formatApiToken({ id, secret }: ApiToken): string {
  return `${id}.${secret}`;
}

/** Parses the text of a token. @returns undefined if it is not a token. */
export function parseApiToken(text: string): ApiToken | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Hashes a secret for storage. A secret of 256 random bits can't be guessed, so no slow hash is needed. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares a secret with a stored hash in constant time. */
export function matchesHash(secret: string, hash: Buffer): boolean {
  const own = hashSecret(secret);
  return own.length === hash.length && timingSafeEqual(own, hash);
}
