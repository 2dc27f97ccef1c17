import { serviceErrors } from '../contract/errors/service-errors.js';
import { okSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { type Endpoint, post } from './endpoint.js';

/** How the official command line client logs in. A dev server needs no login, and says what to do instead. */
export function loginEndpoints(): Endpoint[] {
  return [
    post('/cli-login', {
      summary: 'Logging in through the browser needs the cloud; the answer says what to do instead',
      answer: json(okSchema),
      errors: ['CloudOnly'],
      handle: () => {
        throw serviceErrors.loginNeedsCloud();
      },
    }),
  ];
}
