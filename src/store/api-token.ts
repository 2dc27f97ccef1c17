import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 8;
const SECRET_BYTES = 32;
/** The official command line client takes only tokens with a period (`jamsocket login --token`). */
const FORM = /^([0-9a-f]{16})\.([\w-]{43})$/;

/** An API token in its parts. */
export interface ApiToken {
  /** Names the token in lists, the audit and logs. */
  id: string;
  secret: string;
}

/** Makes a new API token. */
export function newApiToken(): ApiToken {
  return { id: randomBytes(ID_BYTES).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('base64url') };
}

/** The text that clients send. */
export function formatApiToken({ id, secret }: ApiToken): string {
  return `${id}.${secret}`;
}

/** @returns undefined for what can't be a token. */
export function parseApiToken(text: string): ApiToken | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** What is kept of a secret. One of 256 random bits needs no slow hash: nobody can try them. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares a secret with a kept hash, in a time that does not depend on either. */
export function matchesHash(secret: string, hash: Buffer): boolean {
  const own = hashSecret(secret);
  return own.length === hash.length && timingSafeEqual(own, hash);
}
