/** Prefix of a static token: one per backend, which stays in the path (platform contract, "Proxy"). */
export const STATIC_TOKEN_PREFIX = 's.';

/** Whether a token, or the first segment of a path, is a static token. */
export function isStaticToken(token: string): boolean {
  return token.startsWith(STATIC_TOKEN_PREFIX);
}

/** Whether a text has the form of a connection token: 43 base64url characters, with `s.` in front if it is static. */
export function isTokenShaped(text: string): boolean {
  return /^(?:s\.)?[\w-]{43}$/.test(text);
}

/** Replaces everything in a text that could be a connection token: logs and messages must not reveal one. */
export function withoutTokens(text: string): string {
  // Tokens also occur in a URL within a URL, after "%2F".
  return text.replace(/(?:(?<![\w-])|(?<=%[\dA-Fa-f]{2}))(?:s\.)?[\w-]{43}(?![\w-])/g, 'TOKEN');
}
