/** A static token begins with this; one per backend, which stays in the path (platform contract, "Proxy"). */
export const STATIC_TOKEN_PREFIX = 's.';

/** Whether a token, or the first segment of a path, is a static one. */
export function isStaticToken(token: string): boolean {
  return token.startsWith(STATIC_TOKEN_PREFIX);
}

/** Whether a text has the form of a connection token: 43 base64url characters, after `s.` if it is a static one. */
export function isTokenShaped(text: string): boolean {
  return /^(?:s\.)?[\w-]{43}$/.test(text);
}

/** Replaces everything in a text that could be a connection token: what is shown to people must not give one away. */
export function withoutTokens(text: string): string {
  // Also in a URL within a URL, where a "%2F" stands before it.
  return text.replace(/(?:(?<![\w-])|(?<=%[\dA-Fa-f]{2}))(?:s\.)?[\w-]{43}(?![\w-])/g, 'TOKEN');
}
