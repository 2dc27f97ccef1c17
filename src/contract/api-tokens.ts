import { z } from 'zod';
import { SCOPES, type Scope } from './accounts.js';
import { timeSchema } from './status.js';

const scopesSchema = z.array(z.enum(SCOPES)).min(1);

/** An API token, without its secret. */
const apiTokenSchema = z
  .object({
    id: z.string(),
    account: z.string(),
    scopes: scopesSchema,
    created_at: timeSchema,
    last_used_at: timeSchema.nullable(),
    revoked_at: timeSchema.nullable(),
  })
  .meta({ id: 'ApiToken' });
export type ApiTokenJson = z.infer<typeof apiTokenSchema>;

/** `GET /v2/account/:account/tokens`. */
export const tokenListSchema = z.object({ tokens: z.array(apiTokenSchema) }).meta({ id: 'ApiTokenList' });

/** Body and answer of `POST /v2/account/:account/token`. */
export const createTokenRequestSchema = z.object({ scopes: scopesSchema }).meta({ id: 'CreateTokenRequest' });
export const createdTokenSchema = z
  .object({ token: z.string().describe('The token as clients send it. It is only shown once.') })
  .meta({ id: 'CreatedToken' });

/** Body and answer of `POST /v2/account/:account/tokens/revoke`. */
export const revokeTokensRequestSchema = z
  .object({ ids: z.array(z.string()).min(1).optional().describe('Default: all tokens of the account.') })
  .meta({ id: 'RevokeTokensRequest' });
export const revokedTokensSchema = z
  .object({ revoked: z.array(z.string()).describe('The ids of the tokens that this request revoked.') })
  .meta({ id: 'RevokedTokens' });

/** An API token in the store's form, without its secret. */
export interface TokenInfo {
  id: string;
  account: string;
  scopes: Scope[];
  createdAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** Converts an API token to its JSON form. */
export function toTokenJson(token: TokenInfo): ApiTokenJson {
  return {
    id: token.id,
    account: token.account,
    scopes: token.scopes,
    created_at: token.createdAt.toISOString(),
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
    revoked_at: token.revokedAt?.toISOString() ?? null,
  };
}
