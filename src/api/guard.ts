import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { problem } from '../contract/errors.js';
import { type AllowedHosts, isAllowedHost, isLoopbackOrigin } from '../contract/hosts.js';

const PUBLIC_PATH = /^(?:\/v2)?\/backend\/[^/]+\/status(?:\/stream)?\/?$/i;

/** Statuses are public on the platform as well: whoever knows a backend's id may read them, from any page. */
export function isPublicPath(path: string): boolean {
  return PUBLIC_PATH.test(path);
}

/**
 * Keeps other people's web pages out. A page on another host can make a browser send requests here; so the Host must
 * be one of this machine's (against DNS rebinding), and a browser's Origin that is not on this machine may read
 * statuses and nothing else.
 * @param allowedHosts beside those of this machine
 * @throws JamdevError `HostNotAllowed`, `OriginNotAllowed`
 */
export function guard(allowedHosts: AllowedHosts): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const { host = '', origin } = request.headers;
    // A page elsewhere can ask without an Origin, by <script>: no browser is to take an answer for one.
    response.setHeader('x-content-type-options', 'nosniff');
    if (!isAllowedHost(host, allowedHosts)) throw problem.hostNotAllowed(host);
    const isPublic = isPublicPath(request.path);
    if (isPublic) response.setHeader('access-control-allow-origin', '*');
    if (origin !== undefined && !isPublic) {
      if (!isLoopbackOrigin(origin)) throw problem.originNotAllowed(origin);
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('vary', 'origin');
    }
    next();
  };
}
