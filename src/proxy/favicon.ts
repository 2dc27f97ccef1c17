import type { Exchange } from './exchange.js';
import { addOwnHeaders } from './response-headers.js';

const ONE_DAY_SECONDS = 86_400;

/**
 * Whether this is a browser's automatic request for a page's icon. Unless the page specifies an icon, it goes to the
 * root of the host, without a token (https://html.spec.whatwg.org/multipage/links.html#rel-icon).
 */
export function isFaviconRequest(method: string | undefined, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && /^\/favicon\.ico(?:\?|$)/.test(path);
}

/** Answers that there is no icon, with a status that browsers do not report as an error. */
export function answerNoFavicon({ request, response, signature }: Exchange): void {
  const headers = ['cache-control', `public, max-age=${ONE_DAY_SECONDS}`];
  addOwnHeaders(headers, signature);
  request.resume();
  response.writeHead(204, headers);
  response.end();
}
