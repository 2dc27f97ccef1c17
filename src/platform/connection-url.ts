import type { TokenRoute } from './tokens.js';

/**
 * Returns a function that makes the connection URL of a token from the URL at which the caller reaches the dev server's
 * proxy.
 */
export function connectionUrlOf({ token }: TokenRoute): (proxyUrl: string) => string {
  return (proxyUrl) => `${proxyUrl}/${token}/`;
}
