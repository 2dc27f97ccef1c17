import type { DevInfo } from '../contract/dev-endpoints.js';
import { DEV_PREFIX } from '../contract/dev-prefix.js';
import type { AuthAnswer } from '../contract/responses.js';
import type { DevApiContext } from './dev-context.js';
import { type EarlyEndpoint, getEarly } from './endpoint.js';

/** Declares the endpoint that returns the account of the caller. */
export function authEndpoint(): EarlyEndpoint<AuthAnswer> {
  return getEarly('/auth', {
    summary: 'The account of the caller',
    handle: ({ account }): AuthAnswer => ({ status: 'ok', accounts: [account.name], is_admin: false }),
  });
}

/** Declares the endpoint that identifies the dev server. */
export function infoEndpoint({ info, urls }: Pick<DevApiContext, 'info' | 'urls'>): EarlyEndpoint<DevInfo> {
  return getEarly(`${DEV_PREFIX}/info`, {
    summary: 'Identifies the dev server',
    handle: async ({ response }): Promise<DevInfo> => {
      const { description: _, ...about } = info();
      return { ...about, ...(await urls.forProgram(response.req)) };
    },
  });
}
