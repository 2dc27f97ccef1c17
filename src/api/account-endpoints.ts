import { serviceErrors } from '../contract/errors/service-errors.js';
import { authSchema, okSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { type Endpoint, get, post } from './endpoint.js';
import { LOCAL_ACCOUNT } from './labels.js';

/** Whom the caller is taken for. */
export function accountEndpoints(): Endpoint[] {
  return [
    get('/auth', {
      summary: 'The account of the caller; any credentials are accepted, and none are needed',
      answer: json(authSchema),
      handle: () => ({ status: 'ok', accounts: [LOCAL_ACCOUNT], is_admin: false }),
    }),

    post('/cli-login', {
      summary: 'Logging in through the browser needs the cloud; the answer says what to do instead',
      answer: json(okSchema),
      errors: ['CloudOnly'],
      handle: () => {
        throw serviceErrors.loginNeedsCloud();
      },
    }),

    post('/user-session/:session/delete', {
      summary: 'Logs out; does nothing',
      answer: json(okSchema),
      handle: () => ({ status: 'ok' }),
    }),
  ];
}
