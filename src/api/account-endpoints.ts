import type { Router } from 'express';
import { sendJson } from './json.js';

/** Whom the caller is taken for. Any credentials are accepted in dev, and none are needed. */
export function addAccountEndpoints(router: Router): void {
  router.get('/auth', (_request, response) => {
    sendJson(response, { status: 'ok', accounts: ['local'], is_admin: false });
  });
}
