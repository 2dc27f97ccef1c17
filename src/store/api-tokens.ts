import { sql } from 'kysely';
import type { Scope } from '../contract/accounts.js';
import type { TokenInfo } from '../contract/api-tokens.js';
import { accountErrors } from '../contract/errors/account-errors.js';
import { ignoreError } from '../os/debug/debug-log.js';
import { type ApiToken, formatApiToken, hashSecret, matchesHash, newApiToken } from './api-token.js';
import { addAudit } from './audit.js';
import { SCHEMA } from './migrate.js';
import type { Store } from './tables.js';

const API_TOKENS = sql.table(`${SCHEMA}.api_tokens`);
/** The last use of a token is recorded only to the minute: a write per request would cost too much. */
const USE_IS_DUE = sql<boolean>`coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)`;

/** The sender of a request. */
export interface Caller {
  account: string;
  scopes: readonly Scope[];
  /** The person or program behind the request, for the audit log. */
  actor: string;
}

/**
 * Creates a token, and its account if it does not exist.
 * @returns the token's text, which is not stored and can't be shown again
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

/** Whether there is a valid token. Without one, `jamdev serve` starts on loopback only. */
export async function hasTokens(store: Store): Promise<boolean> {
  const found = await store
    .selectFrom('api_tokens')
    .select('id')
    .where('revoked_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/**
 * Whether a token was ever created, including revoked ones: revoking the last token must not open the API to everyone.
 */
export async function hadTokens(store: Store): Promise<boolean> {
  return (await store.selectFrom('api_tokens').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Lists the tokens of an account, or of all accounts, oldest first, including revoked ones. */
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
 * Revokes tokens of an account. Already revoked tokens are left unchanged.
 * @param ids undefined for all tokens of the account
 * @returns the ids of the tokens that this call revoked
 * @throws JamdevError `ApiTokenNotFound` if the account does not have one of the tokens; nothing is revoked then
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
 * Authenticates several tokens at once, and records their use.
 * @returns the owners in the same order; undefined for a token that is unknown or revoked
 */
export async function authenticate(
  store: Store,
  tokens: readonly ApiToken[],
): Promise<readonly (Caller | undefined)[]> {
  const { rows } = await sql<TokenRow>`
    select id, account, scopes, secret_hash, ${USE_IS_DUE} as "isDue"
    from ${API_TOKENS} where id = any(${tokens.map(({ id }) => id)}::text[]) and revoked_at is null`.execute(store);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const valid = tokens.map(({ id, secret }) => {
    const row = byId.get(id);
    return row !== undefined && matchesHash(secret, row.secret_hash) ? row : undefined;
  });
  const due = valid.flatMap((row) => (row?.isDue ? [row.id] : []));
  // A database that is full or read-only can still authenticate.
  if (due.length > 0) await noteUse(store, due).catch(ignoreError('store', 'noting the use of API tokens'));
  return valid.map((row) => row && { account: row.account, scopes: row.scopes, actor: `token:${row.id}` });
}

interface TokenRow {
  id: string;
  account: string;
  scopes: Scope[];
  secret_hash: Buffer;
  isDue: boolean;
}

async function noteUse(store: Store, ids: readonly string[]): Promise<void> {
  await sql`
    update ${API_TOKENS} set last_used_at = clock_timestamp()
    where id = any(${[...ids]}::text[]) and ${USE_IS_DUE}`.execute(store);
}
