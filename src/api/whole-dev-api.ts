import type { RequestListener } from 'node:http';
import type { RequestHandler } from 'express';
import { serviceErrors } from '../contract/errors/service-errors.js';
import { createApi } from './app.js';
import type { DevApiContext } from './dev-context.js';
import { devEndpoints } from './dev-endpoints.js';
import type { Endpoint } from './endpoint.js';
import { listEndpoints } from './endpoints.js';
import { loginEndpoints } from './login-endpoints.js';
import { pushRefusals } from './push-refusals.js';

/** Creates the whole API of a dev server, including the schemas that take long to load. */
export function createWholeDevApi(context: DevApiContext, guard: RequestHandler): RequestListener {
  return createApi(context, guard, listDevEndpoints(context));
}

/** Lists every endpoint of a dev server. */
export function listDevEndpoints(context: DevApiContext): Endpoint[] {
  return listEndpoints(context, [
    ...loginEndpoints(serviceErrors.loginNeedsCloud),
    ...pushRefusals(serviceErrors.pushNeedsCloud),
    ...devEndpoints(context),
  ]);
}
