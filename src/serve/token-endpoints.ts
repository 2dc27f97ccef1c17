import { json } from '../api/answer.js';
import { type Endpoint, get, post } from '../api/endpoint.js';
import {
  createdTokenSchema,
  createTokenRequestSchema,
  revokedTokensSchema,
  revokeTokensRequestSchema,
  tokenListSchema,
  toTokenJson,
} from '../contract/api-tokens.js';
import { createToken, listTokens, revokeTokens } from '../store/api-tokens.js';
import type { Store } from '../store/tables.js';

/** Declares the endpoints for the API tokens of an account, which require a token with the scope `admin`. */
export function tokenEndpoints(store: Store): Endpoint[] {
  return [
    get('/v2/account/:account/tokens', {
      summary: 'Lists the API tokens of an account, including revoked ones, without their secrets',
      scope: 'admin',
      answer: json(tokenListSchema),
      handle: async ({ account }) => ({ tokens: (await listTokens(store, account.name)).map(toTokenJson) }),
    }),

    post('/v2/account/:account/token', {
      summary: 'Creates an API token; only this answer contains it',
      scope: 'admin',
      body: createTokenRequestSchema,
      answer: json(createdTokenSchema),
      handle: async ({ account: { name, actor }, body: { scopes } }) => ({
        token: await createToken(store, { account: name, scopes, actor }),
      }),
    }),

    post('/v2/account/:account/tokens/revoke', {
      summary: 'Revokes API tokens; if one of them is unknown, none is revoked',
      scope: 'admin',
      body: revokeTokensRequestSchema,
      answer: json(revokedTokensSchema),
      errors: ['ApiTokenNotFound'],
      handle: async ({ account: { name, actor }, body: { ids } }) => ({
        revoked: await revokeTokens(store, { account: name, ids, actor }),
      }),
    }),
  ];
}
