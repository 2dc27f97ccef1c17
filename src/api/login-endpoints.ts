import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { okSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { type Endpoint, post } from './endpoint.js';

/**
 * Declares the endpoint by which the official command-line client logs in without a token.
 * @param refusal makes the error, which says what to do instead
 */
export function loginEndpoints(refusal: () => JamdevError): Endpoint[] {
  return [
    post('/cli-login', {
      summary: 'Login through the browser needs the hosted platform; the answer says what to do instead',
      scope: 'public',
      answer: json(okSchema),
      errors: ['CloudOnly'],
      handle: () => {
        throw refusal();
      },
    }),
  ];
}
