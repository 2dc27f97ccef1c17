import type { Exchange } from './exchange.js';
import { addOwnHeaders } from './response-headers.js';

const ONE_DAY_SECONDS = 86_400;

/**
 * Whether a browser asks on its own for the icon of a page: always at the root of the host, where no token is, unless
 * the page names its icon (https://html.spec.whatwg.org/multipage/links.html#rel-icon).
 */
export function isFaviconRequest(method: string | undefined, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && /^\/favicon\.ico(?:\?|$)/.test(path);
}

/** Answers that there is no icon, in a way that browsers do not report as an error. */
export function answerNoFavicon({ request, response, signature }: Exchange): void {
  const headers = ['cache-control', `public, max-age=${ONE_DAY_SECONDS}`];
  addOwnHeaders(headers, signature);
  request.resume();
  response.writeHead(204, headers);
  response.end();
}
