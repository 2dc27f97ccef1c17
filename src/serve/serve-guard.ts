import type { RequestHandler } from 'express';
import { guard, isPublicPath } from '../api/guard.js';
import type { ServeConfig } from '../config/serve-config.js';

/**
 * Makes the middleware that protects the API. On loopback, where the API may be open to all programs of this machine,
 * it blocks pages of other sites, like in a dev server. Beyond loopback, every request needs a token, which a page
 * can't add on its own.
 */
export function serveGuard({ host, publicUrl, cluster }: ServeConfig): RequestHandler {
  if (host === undefined) {
    const names = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
    const [clusterHost = '', proxyPort] = cluster.split(':');
    return guard({
      allowedHosts: { names, addresses: false },
      isBackendPage: ({ name, port }) => name.endsWith(`.${clusterHost}`) || String(port) === proxyPort,
      isOtherProxy: async () => false,
      onPageCall: () => undefined,
    });
  }
  return (request, response, next) => {
    response.setHeader('x-content-type-options', 'nosniff');
    if (isPublicPath(request.path)) response.setHeader('access-control-allow-origin', '*');
    next();
  };
}
