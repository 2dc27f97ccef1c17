import type { RequestListener } from 'node:http';
import { serviceErrors } from '../contract/errors/service-errors.js';
import { createApi } from './app.js';
import { createBackendPageTest, isProxyOfAnyServer } from './backend-pages.js';
import type { DevApiContext } from './dev-context.js';
import { devEndpoints } from './dev-endpoints.js';
import type { Endpoint } from './endpoint.js';
import { listEndpoints } from './endpoints.js';
import { guard } from './guard.js';
import { loginEndpoints } from './login-endpoints.js';
import { pushRefusals } from './push-refusals.js';

/** The API of a dev server: the platform's, and what only jamdev's own command line asks for. */
export function createDevApi(context: DevApiContext): RequestListener {
  const guarded = guard({
    allowedHosts: context.allowedHosts,
    isBackendPage: createBackendPageTest(context.platform, context.info),
    isOtherProxy: isProxyOfAnyServer,
    onPageCall: context.onPageCall,
  });
  return createApi(context, guarded, listDevEndpoints(context));
}

/** Every endpoint of a dev server. */
export function listDevEndpoints(context: DevApiContext): Endpoint[] {
  return listEndpoints(context, [
    ...loginEndpoints(serviceErrors.loginNeedsCloud),
    ...pushRefusals(serviceErrors.pushNeedsCloud),
    ...devEndpoints(context),
  ]);
}
