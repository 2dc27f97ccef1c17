import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Run, runCli, startCli } from '../support/cli.js';
import { post } from '../support/http.js';
import { describePostgres, usePostgres } from '../support/postgres.js';
import { makeProject, makeTempFolder } from '../support/project.js';
import { START_DEADLINE_MS } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

/** Starts `jamdev serve` without a running controller, which tokens do not need. */
async function startServe(database: string): Promise<Run & { url: string }> {
  const serve = { controller: 'http://localhost:1', cluster: 'localhost:9090', port: 0 };
  const folder = makeProject({ 'jamdev.config.json': { serve } });
  const run = startCli(['serve'], { cwd: folder, env: { JAMDEV_SERVE_DATABASE: database } });
  const url = await waitFor(
    () => {
      if (run.process.exitCode !== null) throw new Error(`jamdev serve ended:\n${run.stderr()}${run.stdout()}`);
      return /"url":"(http:[^"]+)"/.exec(run.stdout())?.[1];
    },
    'jamdev serve to listen',
    START_DEADLINE_MS,
  );
  return { ...run, url };
}

describePostgres('tokens by --api', () => {
  const postgres = usePostgres();

  /** A server with a token of the account acme. */
  async function startWithToken(scopes: string) {
    const database = await postgres.createDatabase();
    const onDatabase = (...args: string[]) => runCli(args, { env: { JAMDEV_SERVE_DATABASE: database } });
    const token = (await onDatabase('token', 'create', 'acme', '--scopes', scopes)).stdout.trim();
    const { url } = await startServe(database);
    const byApi = (...args: string[]) =>
      runCli(['token', ...args, '--api', url], { cwd: makeTempFolder(), env: { JAMDEV_TOKEN: token } });
    return { url, token, onDatabase, byApi };
  }

  test('an admin token creates, lists and revokes those of its account, as recorded in the audit', async () => {
    const { token, onDatabase, byApi } = await startWithToken('admin');
    const created = JSON.parse((await byApi('create', 'acme', '--scopes', 'connect', '--json')).stdout);
    expect(Object.keys(created)).toEqual(['token']);
    const [own = '', id = ''] = [token, created.token].map((each: string) => each.split('.')[0]);
    const list = await byApi('list', 'acme', '--json');
    expect(list.stdout).not.toContain(created.token.split('.')[1]);
    expect(JSON.parse(list.stdout)).toEqual([
      expect.objectContaining({ id: own, scopes: ['admin'], last_used_at: expect.any(String), revoked_at: null }),
      expect.objectContaining({ id, account: 'acme', scopes: ['connect'], last_used_at: null, revoked_at: null }),
    ]);
    const unknown = await byApi('revoke', 'acme', id, 'nope');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('"nope"') });
    expect(JSON.parse((await byApi('revoke', 'acme', id, '--json')).stdout)).toEqual({ revoked: [id] });
    const audit = JSON.parse((await onDatabase('audit', '--json')).stdout);
    expect(audit.slice(2)).toMatchObject([
      { actor: `token:${own}`, action: 'token.create', target: id },
      { actor: `token:${own}`, action: 'token.revoke', target: id },
    ]);
  });

  test('tokens of another account, and any without the scope admin, are refused', async () => {
    const { url, byApi, onDatabase } = await startWithToken('admin');
    expect(await byApi('create', 'beta')).toMatchObject({ code: 1, stderr: expect.stringContaining('"beta"') });
    expect(await byApi('list')).toMatchObject({ code: 2, stderr: expect.stringContaining('an account is required') });
    const other = (await onDatabase('token', 'create', 'acme')).stdout.trim();
    for (const args of [
      ['create', 'acme'],
      ['list', 'acme'],
      ['revoke', 'acme', '--all'],
    ]) {
      const run = await runCli(['token', ...args, '--api', url], { env: { JAMDEV_TOKEN: other } });
      expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('scope "admin"') });
    }
    expect(JSON.parse((await onDatabase('token', 'list', '--json')).stdout)).toMatchObject([
      { revoked_at: null },
      { revoked_at: null },
    ]);
  });

  test('the token comes from JAMDEV_TOKEN, or from the login of the official client', async () => {
    const { url, token } = await startWithToken('admin');
    const home = (content: object) => {
      const folder = makeTempFolder();
      mkdirSync(join(folder, '.jamsocket'));
      writeFileSync(join(folder, '.jamsocket', 'config.json'), JSON.stringify(content));
      return folder;
    };
    const list = (HOME: string, JAMDEV_TOKEN = '') =>
      runCli(['token', 'list', 'acme', '--api', url], { cwd: HOME, env: { HOME, JAMDEV_TOKEN } });
    expect(await list(home({ api_token: { account: 'acme', token } }))).toMatchObject({ code: 0 });
    expect(await list(home({ user_session: { token } }))).toMatchObject({ code: 0 });
    expect(await list(home({ api_token: { account: 'acme', token: 'a.b' } }), token)).toMatchObject({ code: 0 });
    for (const wrong of [home({}), home({ api_token: 'x' }), makeTempFolder()]) {
      expect(await list(wrong)).toMatchObject({ code: 1, stderr: expect.stringContaining('JAMDEV_TOKEN') });
    }
  });

  test('an invalid body creates and revokes nothing', async () => {
    const { url, token, onDatabase } = await startWithToken('admin');
    const headers = { authorization: `Bearer ${token}` };
    for (const body of [{}, { scopes: [] }, { scopes: ['root'] }, { scopes: 'read' }]) {
      expect(await post(`${url}/v2/account/acme/token`, body, headers)).toMatchObject({ status: 400 });
    }
    for (const body of [{ ids: [] }, { ids: 'all' }, { ids: [1] }]) {
      expect(await post(`${url}/v2/account/acme/tokens/revoke`, body, headers)).toMatchObject({ status: 400 });
    }
    const tokens = JSON.parse((await onDatabase('token', 'list', '--json')).stdout);
    expect(tokens).toMatchObject([{ revoked_at: null }]);
  });
});

test.each([
  ['a URL without a server', 'http://localhost:9', 1, 'http://localhost:9'],
  ['an invalid URL', 'ftp://x', 2, '"ftp://x"'],
])('--api with %s', async (_what, url, code, mention) => {
  const run = await runCli(['token', 'list', 'acme', '--api', url], { env: { JAMDEV_TOKEN: 'a.b' } });
  expect(run).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(mention) });
});
