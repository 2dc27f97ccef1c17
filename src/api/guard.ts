import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Caller, identifyCaller } from '../contract/callers.js';
import { callerErrors } from '../contract/errors/caller-errors.js';
import { type AllowedHosts, isAllowedHost } from '../contract/hosts.js';
import { type LocalPage, parseLocalOrigin } from '../contract/origins.js';

const PUBLIC_PATH = /^(?:\/v2)?\/backend\/[^/]+\/status(?:\/stream)?\/?$/i;
/** Methods that only read. All others may change something. */
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a path is public. Statuses are public on the platform as well: anyone who knows a backend's id may read them,
 * from any page.
 */
export function isPublicPath(path: string): boolean {
  return PUBLIC_PATH.test(path);
}

/** The rules of the guard. */
export interface GuardRules {
  /** Hosts to accept in addition to this machine's own names. */
  allowedHosts: AllowedHosts;
  /** Whether a page on this machine was served by a backend. */
  isBackendPage: (page: LocalPage) => boolean;
  /** Whether a port of this machine serves pages of another dev server's backends. */
  isOtherProxy: (port: number) => Promise<boolean>;
  /** Receives the origin of the user's first own page that calls the API directly. */
  onPageCall: (origin: string) => void;
}

/**
 * Creates the middleware that blocks foreign web pages. A page of any host can make a browser send requests here. The
 * Host must therefore be one of this machine's names (against DNS rebinding), and pages that do not belong to the
 * user's own front end may only read statuses, no matter whether they are from another site or from a backend.
 * @throws JamdevError `HostNotAllowed`, `OriginNotAllowed`
 */
export function guard({ allowedHosts, isBackendPage, isOtherProxy, onPageCall }: GuardRules): RequestHandler {
  let hasCalled = false;
  return async (request: Request, response: Response, next: NextFunction) => {
    // A foreign page can send requests without an Origin by <script>; this keeps browsers from executing the answer.
    response.setHeader('x-content-type-options', 'nosniff');
    checkHost(request, allowedHosts);
    if (isPublicPath(request.path)) {
      response.setHeader('access-control-allow-origin', '*');
      return next();
    }
    const caller = identifyCaller(request.headers, isBackendPage);
    checkCaller(caller, request);
    if (caller.kind === 'own-page' && (await isOtherProxy(parseLocalOrigin(caller.origin)?.port ?? 0))) {
      throw callerErrors.backendPageNotAllowed(caller.origin);
    }
    if (caller.kind === 'own-page' && request.headers.origin !== undefined) {
      response.setHeader('access-control-allow-origin', caller.origin);
      response.setHeader('vary', 'origin');
      if (!hasCalled && request.method !== 'OPTIONS') {
        hasCalled = true;
        onPageCall(caller.origin);
      }
    }
    next();
  };
}

function checkHost(request: Request, allowedHosts: AllowedHosts): void {
  const hosts = hostsOf(request.rawHeaders);
  if (hosts.length > 1) throw callerErrors.hostNotAllowed(hosts.join(', '));
  if (!isAllowedHost(hosts[0] ?? '', allowedHosts)) throw callerErrors.hostNotAllowed(hosts[0] ?? '');
}

function hostsOf(rawHeaders: readonly string[]): string[] {
  const hosts: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') hosts.push(rawHeaders[index + 1] as string);
  }
  return hosts;
}

/**
 * Refuses foreign pages. Without an Origin, a page can't read the answer, and may be following a link to a page of the
 * dev server.
 */
function checkCaller(caller: Caller, { method, headers }: Request): void {
  if (caller.kind === 'program' || caller.kind === 'own-page') return;
  if (headers.origin === undefined && READING.has(method)) return;
  if (caller.kind === 'backend-page') throw callerErrors.backendPageNotAllowed(caller.origin);
  throw caller.origin === undefined ? callerErrors.siteNotAllowed() : callerErrors.originNotAllowed(caller.origin);
}
