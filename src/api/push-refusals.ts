import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { registryRefusalSchema } from '../contract/services.js';
import { refusal } from './answer.js';
import { type Endpoint, post } from './endpoint.js';

/**
 * Declares the endpoint of a registry to which `docker push` and `jamsocket push` send their first request. This server
 * is not a registry, and answers with what to do instead.
 * @param reason makes the error for a push to a service
 */
export function pushRefusals(reason: (service: string) => JamdevError): Endpoint[] {
  return [
    post('/v2/:account/:service/blobs/uploads', {
      summary: 'Refuses a push to a registry, in a form that docker shows to the user',
      scope: 'public',
      // Docker shows the message of any 4xx answer; 403 is used by the guard.
      answer: refusal(404, registryRefusalSchema),
      handle: ({ params }) => ({ errors: [{ code: 'DENIED', message: reason(params.service).sentence }] }),
    }),
  ];
}
