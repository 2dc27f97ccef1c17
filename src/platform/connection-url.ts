import type { TokenRoute } from './tokens.js';

/** The connection URL of a token that leads through the proxy of the dev server, from where the caller reaches that. */
export function connectionUrlOf({ token }: TokenRoute): (proxyUrl: string) => string {
  return (proxyUrl) => `${proxyUrl}/${token}/`;
}
