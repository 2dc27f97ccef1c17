import { connectErrors } from './errors/connect-errors.js';

/**
 * What `user` and `auth` may take together in the headers of every request to the backend; bytes. A Node.js server
 * refuses requests with more than 16 KiB of headers in all.
 */
export const MAX_IDENTITY_BYTES = 8 * 1024;

/**
 * The value of a header that carries a text: its UTF-8 bytes, one character each. Control characters, which would end
 * the header, are left out.
 */
export function toHeaderValue(text: string): string {
  return Buffer.from(withoutControls(text), 'utf8').toString('latin1');
}

/**
 * The value of a header that carries JSON. Of the control characters, JSON itself has only DEL and those of Latin-1 left
 * unescaped; they are escaped, so that the backend reads what was given.
 */
export function toJsonHeaderValue(json: string): string {
  return toHeaderValue(escapeControls(json));
}

/**
 * Checks that a connect request's `user` and `auth` fit into headers.
 * @throws JamdevError `InvalidRequest`
 */
export function checkIdentity(user: string | undefined, auth: Record<string, unknown> | undefined): void {
  const userBytes = headerBytes(user ?? '');
  const authBytes = headerBytes(auth === undefined ? '' : escapeControls(JSON.stringify(auth)));
  if (userBytes + authBytes > MAX_IDENTITY_BYTES)
    throw connectErrors.identityTooLarge(userBytes, authBytes, MAX_IDENTITY_BYTES);
}

function headerBytes(text: string): number {
  return Buffer.byteLength(withoutControls(text), 'utf8');
}

/** A text without its control characters, which no header can carry. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

function escapeControls(json: string): string {
  return json.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
