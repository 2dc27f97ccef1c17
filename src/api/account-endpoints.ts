import { problem } from '../contract/errors.js';
import { authSchema, okSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { type Endpoint, get, post } from './endpoint.js';
import { LOCAL_ACCOUNT } from './labels.js';

/** Whom the caller is taken for. */
export function accountEndpoints(): Endpoint[] {
  return [
    get('/auth', {
      summary: 'Whom the caller is taken for; any credentials are accepted, and none are needed',
      answer: json(authSchema),
      handle: () => ({ status: 'ok', accounts: [LOCAL_ACCOUNT], is_admin: false }),
    }),

    post('/cli-login', {
      summary: 'Logging in through the browser needs the cloud; says how to do without',
      answer: json(okSchema),
      errors: ['CloudOnly'],
      handle: () => {
        throw problem.loginNeedsCloud();
      },
    }),

    post('/user-session/:session/delete', {
      summary: 'Logs out; there is nothing to be done for it',
      answer: json(okSchema),
      handle: () => ({ status: 'ok' }),
    }),
  ];
}
