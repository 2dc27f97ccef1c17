import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { createApi } from '../api/app.js';
import { CallerUrls } from '../api/caller-urls.js';
import type { ApiContext } from '../api/context.js';
import { listEndpoints } from '../api/endpoints.js';
import { loginEndpoints } from '../api/login-endpoints.js';
import { pushRefusals } from '../api/push-refusals.js';
import { readOwnPackage } from '../config/own-package.js';
import type { ServeConfig } from '../config/serve-config.js';
import { accessErrors } from '../contract/errors/access-errors.js';
import { registryErrors } from '../contract/errors/registry-errors.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import { systemClock } from '../os/clock.js';
import { ClusterDrones } from '../plane/cluster-drones.js';
import type { Store } from '../store/tables.js';
import { Access } from './access.js';
import { commandEndpoints } from './command-endpoints.js';
import { deployEndpoints } from './deploy-endpoints.js';
import { droneEndpoints } from './drone-endpoints.js';
import { clusterErrorsOf } from './endpoint-errors.js';
import { exposedAt } from './exposure.js';
import { FailedAttempts } from './failed-attempts.js';
import { healthEndpoints } from './health-endpoints.js';
import { checkReadiness } from './readiness.js';
import { registryEndpoints } from './registry-endpoints.js';
import { RegistryTokenService } from './registry-token-service.js';
import { logRequest } from './request-log.js';
import { serveGuard } from './serve-guard.js';
import type { ServeParts } from './serve-parts.js';
import { tokenEndpoints } from './token-endpoints.js';

/** The description in the OpenAPI document. */
const DESCRIPTION =
  'The API of the Jamsocket platform in front of a Plane cluster. API tokens are sent as "Authorization: Bearer TOKEN".';

/** The facts about the process that the API of `jamdev serve` needs. */
export interface ServeProcess {
  /** The URL of the API's address, which is known once the server is listening. */
  ownUrl: () => string;
  isClosing: () => boolean;
  log: Logger;
}

/** Creates the API in front of a cluster. */
export function createServeApi(
  config: ServeConfig,
  store: Store,
  { controller, controlPlane, engines, metrics, own }: ServeParts,
  { ownUrl, isClosing, log }: ServeProcess,
): RequestListener {
  const urls = new CallerUrls({ host: config.host, publicUrl: { api: config.publicUrl } }, () => ({
    api_url: ownUrl(),
    // Connection URLs lead to Plane's proxies.
    proxy_url: '',
  }));
  const access = new Access(
    store,
    { isLoopback: exposedAt(config) === undefined, operators: config.operators },
    new FailedAttempts(systemClock),
  );
  const context: ApiContext = {
    controlPlane,
    authorize: (request, scope) => access.authorize(request, scope),
    info: () => ({
      description: DESCRIPTION,
      version: readOwnPackage().version,
      api_url: urls.forThisMachine().api_url,
    }),
    errorsOf: clusterErrorsOf,
    registryHost: () => own?.registry.host ?? new URL(urls.forThisMachine().api_url).host,
    urls,
    reportFault: (error, id) => log.error({ err: error, errorId: id }, 'a request failed because of an internal error'),
  };
  const checkReady = async () => {
    if (isClosing()) throw requestErrors.shuttingDown();
    await checkReadiness(store, controller, config);
  };
  const registry =
    own === undefined
      ? pushRefusals(registryErrors.noRegistryToPushTo)
      : registryEndpoints(new RegistryTokenService(access, own, controlPlane), own, controlPlane, log);
  const endpoints = listEndpoints(context, [
    ...loginEndpoints(accessErrors.loginNeedsToken),
    ...tokenEndpoints(store),
    ...registry,
    ...deployEndpoints(store, controlPlane),
    ...commandEndpoints({ store, engines, controlPlane }, context.info),
    ...droneEndpoints(new ClusterDrones({ controller, store, engines, cluster: config.cluster, clock: systemClock })),
    ...healthEndpoints(checkReady, metrics),
  ]);
  const api = createApi(context, serveGuard(config), endpoints);
  return (request, response) => {
    metrics.measure(request, response);
    logRequest(log, request, response);
    api(request, response);
  };
}
