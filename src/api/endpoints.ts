import { z } from 'zod';
import { accountEndpoints } from './account-endpoints.js';
import { json } from './answer.js';
import type { ApiContext } from './context.js';
import { type Endpoint, get } from './endpoint.js';
import { describeApi, OPENAPI_PATH } from './openapi.js';
import { readyEndpoints } from './ready-page.js';
import { serviceEndpoints } from './service-endpoints.js';
import { v1Endpoints } from './v1-endpoints.js';
import { v2Endpoints } from './v2-endpoints.js';

/**
 * Every endpoint of an API. What is not here is no route, and what is here is described at /openapi.json.
 * @param own those that the platform's API does not have
 */
export function listEndpoints(context: ApiContext, own: readonly Endpoint[]): Endpoint[] {
  const endpoints: Endpoint[] = [
    ...accountEndpoints(),
    ...v1Endpoints(context),
    ...v2Endpoints(context),
    ...serviceEndpoints(context),
    ...readyEndpoints(context),
    ...own,
    get(OPENAPI_PATH, {
      summary: 'This description of the API, in OpenAPI 3.1',
      scope: 'public',
      answer: json(z.record(z.string(), z.unknown())),
      handle: (): Record<string, unknown> => describeApi(endpoints, context.info()),
    }),
  ].map((endpoint) => ({ ...endpoint, errors: [...endpoint.errors, ...context.errorsOf(endpoint)] }));
  return endpoints;
}
