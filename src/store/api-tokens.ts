import { sql } from 'kysely';
import type { Scope } from '../contract/accounts.js';
import type { TokenInfo } from '../contract/api-tokens.js';
import { accountErrors } from '../contract/errors/account-errors.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { type ApiToken, formatApiToken, hashSecret, matchesHash, newApiToken } from './api-token.js';
import { addAudit } from './audit.js';
import type { Store } from './tables.js';

/** The last use of a token is known to a minute; a write for each request would cost more than it tells. */
const USE_IS_DUE = sql<boolean>`coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)`;

/** Who a request comes from. */
export interface Caller {
  account: string;
  scopes: readonly Scope[];
  /** For the audit. */
  actor: string;
}

/**
 * Creates a token, and its account if there is none.
 * @returns the token's text, which is not kept and can't be had again
 */
export async function createToken(
  store: Store,
  { account, scopes, actor }: { account: string; scopes: readonly Scope[]; actor: string },
): Promise<string> {
  const token = newApiToken();
  await store.transaction().execute(async (transaction) => {
    const created = await transaction
      .insertInto('accounts')
      .values({ name: account })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (created.numInsertedOrUpdatedRows === 1n) {
      await addAudit(transaction, { account, actor, action: 'account.create', target: account });
    }
    await transaction
      .insertInto('api_tokens')
      .values({ id: token.id, account, secret_hash: hashSecret(token.secret), scopes: [...scopes] })
      .execute();
    await addAudit(transaction, { account, actor, action: 'token.create', target: token.id });
  });
  return formatApiToken(token);
}

/** Whether a token can be used now: without one, `jamdev serve` starts on loopback only. */
export async function hasTokens(store: Store): Promise<boolean> {
  const found = await store
    .selectFrom('api_tokens')
    .select('id')
    .where('revoked_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Whether a token was ever created, even if it is revoked: revoking the last one must not open the API to everyone. */
export async function hadTokens(store: Store): Promise<boolean> {
  return (await store.selectFrom('api_tokens').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** The tokens of an account, or of all, oldest first; revoked ones too. */
export function listTokens(store: Store, account?: string): Promise<TokenInfo[]> {
  return store
    .selectFrom('api_tokens')
    .select(['id', 'account', 'scopes'])
    .select(['created_at as createdAt', 'last_used_at as lastUsedAt', 'revoked_at as revokedAt'])
    .$if(account !== undefined, (query) => query.where('account', '=', account ?? ''))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/**
 * Revokes tokens of an account; those that are revoked already stay as they are.
 * @param ids undefined: all of the account
 * @returns the ids of the tokens that are revoked by this
 * @throws JamdevError `ApiTokenNotFound` if the account has no token of one of the ids; then nothing is revoked
 */
export async function revokeTokens(
  store: Store,
  { account, ids, actor }: { account: string; ids: readonly string[] | undefined; actor: string },
): Promise<string[]> {
  return store.transaction().execute(async (transaction) => {
    const own = (await listTokens(transaction, account)).map(({ id }) => id);
    const unknown = ids?.find((id) => !own.includes(id));
    if (unknown !== undefined) throw accountErrors.apiTokenNotFound(unknown, account);
    const revoked = await transaction
      .updateTable('api_tokens')
      .set({ revoked_at: sql`clock_timestamp()` })
      .where('account', '=', account)
      .where('revoked_at', 'is', null)
      .$if(ids !== undefined, (query) => query.where('id', 'in', [...(ids ?? [])]))
      .returning('id')
      .execute();
    for (const { id } of revoked) await addAudit(transaction, { account, actor, action: 'token.revoke', target: id });
    return revoked.map(({ id }) => id);
  });
}

/**
 * Finds out who sent a token, and notes its use.
 * @returns undefined for a token that is unknown or revoked
 */
export async function authenticate(store: Store, { id, secret }: ApiToken): Promise<Caller | undefined> {
  const found = await store
    .selectFrom('api_tokens')
    .select(['account', 'scopes', 'secret_hash', 'revoked_at', USE_IS_DUE.as('isDue')])
    .where('id', '=', id)
    .executeTakeFirst();
  if (found === undefined || found.revoked_at !== null || !matchesHash(secret, found.secret_hash)) return undefined;
  // A database that is full, or takes no changes, still tells who it is.
  if (found.isDue) await noteUse(store, id).catch(ignoreError('store', 'noting the use of an API token'));
  return { account: found.account, scopes: found.scopes, actor: `token:${id}` };
}

async function noteUse(store: Store, id: string): Promise<void> {
  await store
    .updateTable('api_tokens')
    .set({ last_used_at: sql`clock_timestamp()` })
    .where('id', '=', id)
    .where(USE_IS_DUE)
    .execute();
}
