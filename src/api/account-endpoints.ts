import { authSchema, okSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { type Endpoint, get, post } from './endpoint.js';

/** Whom the caller is taken for. */
export function accountEndpoints(): Endpoint[] {
  return [
    get('/auth', {
      summary: 'The account of the caller',
      isDirect: true,
      answer: json(authSchema),
      handle: ({ account }) => ({ status: 'ok', accounts: [account.name], is_admin: false }),
    }),

    post('/user-session/:session/delete', {
      summary: 'Logs out; does nothing',
      scope: 'public',
      answer: json(okSchema),
      handle: () => ({ status: 'ok' }),
    }),
  ];
}
