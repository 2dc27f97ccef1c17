import type { RequestHandler } from 'express';
import { guard, isPublicPath } from '../api/guard.js';
import type { ServeConfig } from '../config/serve-config.js';

/**
 * What stands in front of the API. On loopback, where it may be open to every program of this machine, it keeps pages of
 * other sites out as a dev server does; beyond it, nobody gets anywhere without a token, which no page can add by itself.
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
