import { authSchema, okSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { authEndpoint } from './early-endpoints.js';
import { described, type Endpoint, post } from './endpoint.js';

/** Declares the endpoints for the account of the caller. */
export function accountEndpoints(): Endpoint[] {
  return [
    described(authEndpoint(), authSchema),

    post('/user-session/:session/delete', {
      summary: 'Logs out; does nothing',
      scope: 'public',
      answer: json(okSchema),
      handle: () => ({ status: 'ok' }),
    }),
  ];
}
