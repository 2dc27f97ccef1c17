import { authSchema } from '../contract/responses.js';
import { json } from './answer.js';
import { type Endpoint, get } from './endpoint.js';

/** Whom the caller is taken for. */
export function accountEndpoints(): Endpoint[] {
  return [
    get('/auth', {
      summary: 'Whom the caller is taken for; any credentials are accepted, and none are needed',
      answer: json(authSchema),
      handle: () => ({ status: 'ok', accounts: ['local'], is_admin: false }),
    }),
  ];
}
