import { expect, test } from 'vitest';
import { type ApiToken, parseApiToken } from '../../src/store/api-token.js';
import { authenticate, createToken, listTokens, revokeTokens } from '../../src/store/api-tokens.js';
import { listAudit } from '../../src/store/audit.js';
import type { Store } from '../../src/store/tables.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';

const OPERATOR = 'operator:ann@host';

function parse(text: string) {
  const token = parseApiToken(text);
  if (token === undefined) throw new Error(`not a token: ${text}`);
  return token;
}

async function create(store: Store, account: string): Promise<string> {
  return createToken(store, { account, scopes: ['read', 'connect'], actor: OPERATOR });
}

async function owner(store: Store, token: ApiToken) {
  return (await authenticate(store, [token]))[0];
}

describePostgres('API tokens', () => {
  const postgres = usePostgres();

  test('a token identifies its sender until it is revoked', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const token = parse(await create(store, 'acme'));
    expect(await owner(store, token)).toEqual({
      account: 'acme',
      scopes: ['read', 'connect'],
      actor: `token:${token.id}`,
    });
    expect(await revokeTokens(store, { account: 'acme', ids: [token.id], actor: OPERATOR })).toEqual([token.id]);
    expect(await owner(store, token)).toBeUndefined();
    expect(await revokeTokens(store, { account: 'acme', ids: [token.id], actor: OPERATOR })).toEqual([]);
  });

  test('neither another token’s secret nor an unknown id is accepted', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const [one, other] = [parse(await create(store, 'acme')), parse(await create(store, 'acme'))];
    expect(await owner(store, { id: one.id, secret: other.secret })).toBeUndefined();
    expect(await owner(store, { id: 'f'.repeat(16), secret: one.secret })).toBeUndefined();
    expect((await listTokens(store)).map(({ lastUsedAt }) => lastUsedAt)).toEqual([null, null]);
  });

  test('several at once are each told for themselves, in their order', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const [acme, beta, gone] = [
      parse(await create(store, 'acme')),
      parse(await create(store, 'beta')),
      parse(await create(store, 'acme')),
    ];
    await revokeTokens(store, { account: 'acme', ids: [gone.id], actor: OPERATOR });
    const asked = [gone, beta, { ...acme, secret: beta.secret }, acme, beta];
    const owners = await authenticate(store, asked);
    expect(owners.map((each) => each?.account)).toEqual([undefined, 'beta', undefined, 'acme', 'beta']);
    const used = (await listTokens(store)).filter(({ lastUsedAt }) => lastUsedAt !== null);
    expect(used.map(({ id }) => id)).toEqual([acme.id, beta.id]);
  });

  test('the secret is not stored in the database', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    const { id, secret } = parse(await create(store, 'acme'));
    const rows = await Promise.all(
      ['accounts', 'api_tokens', 'audit'].map((table) => runSql(url, `select t::text as row from jamdev.${table} t`)),
    );
    expect(JSON.stringify(rows)).toContain(id);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(secret).toString('hex'));
  });

  test('the first use is recorded at once, and later ones once a minute', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    const token = parse(await create(store, 'acme'));
    const lastUse = async () => (await listTokens(store, 'acme'))[0]?.lastUsedAt?.getTime() ?? 0;
    await owner(store, token);
    const first = await lastUse();
    expect(first).toBeGreaterThan(0);
    await owner(store, token);
    expect(await lastUse()).toBe(first);
    await runSql(url, `update jamdev.api_tokens set last_used_at = last_used_at - interval '61 s'`);
    await owner(store, token);
    expect(await lastUse()).toBeGreaterThanOrEqual(first);
  });

  test('accounts see and revoke only their own tokens', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const [acme, beta] = [parse(await create(store, 'acme')), parse(await create(store, 'beta'))];
    expect((await listTokens(store, 'acme')).map(({ id }) => id)).toEqual([acme.id]);
    expect((await listTokens(store)).map(({ account }) => account)).toEqual(['acme', 'beta']);
    const both = { account: 'acme', ids: [acme.id, beta.id], actor: OPERATOR };
    await expect(revokeTokens(store, both)).rejects.toMatchObject({ code: 'ApiTokenNotFound' });
    expect(await owner(store, acme)).toMatchObject({ account: 'acme' });
    expect(await revokeTokens(store, { account: 'acme', ids: undefined, actor: OPERATOR })).toEqual([acme.id]);
    expect(await owner(store, beta)).toMatchObject({ account: 'beta' });
  });

  test('the audit records who made and revoked which token, and new accounts, separately for each account', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    const [first, second] = [parse(await create(store, 'acme')), parse(await create(store, 'acme'))];
    await create(store, 'beta');
    await revokeTokens(store, { account: 'acme', ids: [first.id], actor: `token:${second.id}` });
    const entries = await listAudit(store, { account: 'acme', limit: 100 });
    expect(entries.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      [OPERATOR, 'account.create', 'acme'],
      [OPERATOR, 'token.create', first.id],
      [OPERATOR, 'token.create', second.id],
      [`token:${second.id}`, 'token.revoke', first.id],
    ]);
    expect(await listAudit(store, { account: 'acme', limit: 1 })).toEqual(entries.slice(-1));
    expect((await listAudit(store, { account: undefined, limit: 100 })).map(({ account }) => account)).toContain(
      'beta',
    );
  });

  test('20 concurrent tokens for a new account create one account', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await Promise.all(Array.from({ length: 20 }, () => create(store, 'acme')));
    expect(await listTokens(store, 'acme')).toHaveLength(20);
    const actions = (await listAudit(store, { account: 'acme', limit: 100 })).map(({ action }) => action);
    expect(actions.filter((action) => action === 'account.create')).toHaveLength(1);
  });
});
