import type { CallerUrls } from '../api/caller-urls.js';
import { createDevApi } from '../api/dev-app.js';
import { labelledCaller } from '../api/labels.js';
import { createApiServer } from '../api/server.js';
import { readOwnPackage } from '../config/own-package.js';
import type { DevConfig } from '../config/resolve.js';
import type { AllowedHosts } from '../contract/hosts.js';
import { systemClock } from '../os/clock.js';
import type { Backend } from '../platform/backend.js';
import { ConnectionProxy } from '../proxy/proxy-server.js';
import type { ServerMakers } from './both-ports.js';
import type { EventBus } from './events.js';
import { loadWholeApi } from './load-late.js';
import type { DevServerParts } from './prepare.js';
import type { ServerInfo } from './server-info.js';

/** The description in the OpenAPI document. */
const DESCRIPTION = 'A local emulation of the Jamsocket platform. Credentials are accepted and ignored.';

/** The servers of a dev server, not listening yet. */
export interface Servers {
  make: ServerMakers;
  /**
   * Lets API requests through. They wait until then, because one port may accept connections while the other is still
   * being opened.
   */
  serve(): void;
}

/** Creates the servers of the API and the proxy from the parts. */
export function makeServers(
  config: DevConfig,
  parts: DevServerParts,
  info: ServerInfo,
  urls: CallerUrls,
  bus: EventBus,
): Servers {
  const { platform, controlPlane, builder, logs, hotRebuild, runtime } = parts;
  const reportFault = (error: unknown, id: string) => bus.publish({ type: 'fault', error, id });
  const allowedHosts = namesOfDevServer(config);
  const proxy = new ConnectionProxy({
    tokens: platform.tokens,
    allowedHosts,
    clock: systemClock,
    publicUrl: config.publicUrl.proxy,
    version: readOwnPackage().version,
    rewritesRedirects: ({ identity: { service } }: Backend) =>
      service.definition !== undefined && builder.definition(service.definition).rewriteRedirects,
    reportFault,
  });
  const api = createDevApi(
    {
      controlPlane,
      authorize: labelledCaller,
      registryHost: () => new URL(info.current.api_url).host,
      platform,
      builder,
      logs,
      warmPools: () => runtime.counts,
      warmStarts: () => runtime.warmStarts,
      allowedHosts,
      info: () => ({ ...info.current, watching: hotRebuild.watching, description: DESCRIPTION }),
      errorsOf: () => [],
      urls,
      reportFault,
      onPageCall: (origin) => bus.publish({ type: 'page-called-api', origin }),
    },
    loadWholeApi,
  );
  let serve: () => void = () => undefined;
  const serving = new Promise<void>((resolve) => {
    serve = resolve;
  });
  const makeApi = () =>
    createApiServer((request, response) => {
      void serving.then(() => api(request, response));
    });
  return { make: { api: makeApi, proxy: () => proxy.createServer() }, serve: () => serve() };
}

/** Returns the configured names of the dev server, without addresses, because DNS can't rebind those. */
function namesOfDevServer({ host, allowedHosts, publicUrl }: DevConfig): AllowedHosts {
  const inFront = Object.values(publicUrl).map((url) => new URL(url).hostname);
  return { names: [...allowedHosts, ...(host === undefined ? [] : [host]), ...inFront], addresses: host !== undefined };
}
