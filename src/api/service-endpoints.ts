import { terminateBackendsRequestSchema } from '../contract/requests.js';
import { terminateBackendsResultSchema } from '../contract/responses.js';
import { json } from './answer.js';
import type { ApiContext } from './context.js';
import { type Endpoint, post } from './endpoint.js';

/** What the platform does with a whole service. */
export function serviceEndpoints({ platform }: ApiContext): Endpoint[] {
  return [
    post('/service/:account/:service/terminate-backends', {
      summary: 'Ends the backends of a service, or only those created before a time',
      body: terminateBackendsRequestSchema,
      answer: json(terminateBackendsResultSchema),
      errors: ['ServiceNotFound'],
      handle: ({ params, body }) => {
        const { found, terminated } = platform.terminateService(params.service, body);
        return { backend_count: found, terminated_count: terminated, is_complete: terminated === found };
      },
    }),
  ];
}
