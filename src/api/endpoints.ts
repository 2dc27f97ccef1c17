import { accountEndpoints } from './account-endpoints.js';
import type { ApiContext } from './context.js';
import { devEndpoints } from './dev-endpoints.js';
import type { Endpoint } from './endpoint.js';
import { readyEndpoints } from './ready-page.js';
import { registryEndpoints } from './registry-endpoints.js';
import { serviceEndpoints } from './service-endpoints.js';
import { v1Endpoints } from './v1-endpoints.js';
import { v2Endpoints } from './v2-endpoints.js';

/** Every endpoint of the API. What is not here is no route, and what is here is described at /openapi.json. */
export function listEndpoints(context: ApiContext): Endpoint[] {
  return [
    ...accountEndpoints(),
    ...serviceEndpoints(context),
    ...v1Endpoints(context),
    ...v2Endpoints(context),
    ...readyEndpoints(context),
    ...devEndpoints(context),
    ...registryEndpoints(),
  ];
}
