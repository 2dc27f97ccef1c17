import { serviceErrors } from '../contract/errors/service-errors.js';
import { registryRefusalSchema } from '../contract/services.js';
import { refusal } from './answer.js';
import { type Endpoint, post } from './endpoint.js';

/** What `docker push`, and with it `jamsocket push`, asks of a registry first. jamdev is none, and says what to do. */
export function registryEndpoints(): Endpoint[] {
  return [
    post('/v2/:account/:service/blobs/uploads', {
      summary: 'Refuses a push to a registry, in the form that docker shows to the person',
      // Docker shows the message of any 4xx; 403 is the guard's.
      answer: refusal(404, registryRefusalSchema),
      handle: ({ params }) => ({
        errors: [{ code: 'DENIED', message: serviceErrors.pushNeedsCloud(params.service).sentence }],
      }),
    }),
  ];
}
