import { connectErrors } from './errors/connect-errors.js';

/**
 * Limit of `user` and `auth` together in the headers of every request to the backend; bytes. A Node.js server
 * rejects requests with more than 16 KiB of headers in total.
 */
export const MAX_IDENTITY_BYTES = 8 * 1024;

/**
 * Encodes a text as a header value: its UTF-8 bytes, one character each. Control characters, which would end
 * the header, are removed.
 */
export function toHeaderValue(text: string): string {
  return Buffer.from(withoutControls(text), 'utf8').toString('latin1');
}

/**
 * Encodes JSON as a header value. JSON itself leaves only DEL and the control characters of Latin-1
 * unescaped; they are escaped here, so that the backend reads the original value.
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

/** Removes control characters, which headers can't contain. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}

function escapeControls(json: string): string {
  return json.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
