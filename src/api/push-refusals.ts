import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { registryRefusalSchema } from '../contract/services.js';
import { refusal } from './answer.js';
import { type Endpoint, post } from './endpoint.js';

/**
 * What `docker push`, and with it `jamsocket push`, asks of a registry first: this server is none, and says what to do.
 * @param reason why a push for a service is refused
 */
export function pushRefusals(reason: (service: string) => JamdevError): Endpoint[] {
  return [
    post('/v2/:account/:service/blobs/uploads', {
      summary: 'Refuses a push to a registry, in a form that docker shows to the user',
      scope: 'public',
      // Docker shows the message of any 4xx; 403 is the guard's.
      answer: refusal(404, registryRefusalSchema),
      handle: ({ params }) => ({ errors: [{ code: 'DENIED', message: reason(params.service).sentence }] }),
    }),
  ];
}
