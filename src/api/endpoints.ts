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
 * Lists every endpoint of an API. The routes and the description at /openapi.json are both made from this list.
 * @param own endpoints that are not part of the platform's API
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
