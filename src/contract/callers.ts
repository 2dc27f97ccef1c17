import type { IncomingHttpHeaders } from 'node:http';
import { type LocalPage, parseLocalOrigin } from './origins.js';

/** The sender of a request, to the extent that a browser reveals it. */
export type Caller =
  /** Not a page: a server, a command line, or a user who follows a link. */
  | { kind: 'program' }
  /** A page of the user's own front end. */
  | { kind: 'own-page'; origin: string }
  /** A page that a backend served, which may contain content from strangers. */
  | { kind: 'backend-page'; origin: string }
  /** A page of another site; without an origin if the browser only reveals that it is another site. */
  | { kind: 'foreign-page'; origin?: string };

/** Headers that identify a caller. `rawHeaders` would add nothing, since Node.js joins several Origin headers. */
export type CallerHeaders = Pick<IncomingHttpHeaders, 'origin' | 'referer'> & {
  'sec-fetch-site'?: string | string[] | undefined;
};

/**
 * Identifies the sender of a request. Every browser adds an Origin to requests of pages that change something or read
 * across origins. If it is missing, `Sec-Fetch-Site` says whether a page of another origin sent the request (Fetch
 * Metadata); in browsers without it, the Referer does.
 * @param isBackendPage whether a page on this machine was served by a backend
 */
export function identifyCaller(headers: CallerHeaders, isBackendPage: (page: LocalPage) => boolean): Caller {
  const { origin, referer } = headers;
  if (origin !== undefined) return judgeOrigin(origin, isBackendPage);
  const site = headers['sec-fetch-site'];
  if (site !== undefined)
    return site === 'none' || site === 'same-origin' ? { kind: 'program' } : { kind: 'foreign-page' };
  if (referer === undefined || referer === '') return { kind: 'program' };
  return judgeOrigin(URL.canParse(referer) ? new URL(referer).origin : 'null', isBackendPage);
}

function judgeOrigin(origin: string, isBackendPage: (page: LocalPage) => boolean): Caller {
  const page = parseLocalOrigin(origin);
  if (page === undefined) return { kind: 'foreign-page', origin };
  return { kind: isBackendPage(page) ? 'backend-page' : 'own-page', origin };
}
