import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { openStream, post, send } from '../support/http.js';
import { describeServe, type ServeRun, startServe, useCluster } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

async function createToken(database: string, account: string, ...scopes: string[]): Promise<string> {
  const args = ['token', 'create', account, '--json', '--scopes', scopes.join(',')];
  const { code, stdout, stderr } = await runCli(args, { env: { JAMDEV_SERVE_DATABASE: database } });
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { token: string }).token;
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

async function spawn(serve: ServeRun, account: string, token: string): Promise<string> {
  const answer = await post(`${serve.url}/v2/service/${account}/default/connect`, {}, bearer(token));
  expect(answer.status, answer.text).toBe(200);
  return answer.json<{ backend_id: string }>().backend_id;
}

describeServe('jamdev serve: access', () => {
  const cluster = useCluster();

  test('without a token in the database it listens only on loopback', async () => {
    const database = await cluster.createDatabase();
    const env = {
      JAMDEV_SERVE_DATABASE: database,
      JAMDEV_SERVE_CONTROLLER: cluster.plane.controllerUrl,
      JAMDEV_SERVE_CLUSTER: cluster.plane.cluster,
    };
    for (const reach of [
      ['--host', '0.0.0.0'],
      ['--public-url', 'https://api.example.com'],
    ]) {
      const { code, stderr } = await runCli(['serve', ...reach, '--port', '0'], { env });
      expect(code, stderr).toBe(2);
      expect(stderr).toContain(' token create ACCOUNT');
    }
  });

  test('revoking the last token does not open it again', async () => {
    const serve = await startServe(cluster);
    const path = `${serve.url}/v2/account/acme/backends`;
    expect((await send(path)).status).toBe(200);
    await createToken(serve.database, 'acme', 'read');
    const { code, stderr } = await runCli(['token', 'revoke', 'acme', '--all'], {
      env: { JAMDEV_SERVE_DATABASE: serve.database },
    });
    expect(code, stderr).toBe(0);
    expect((await send(path)).status).toBe(401);
  });

  test('an environment that the database cannot store is refused', async () => {
    const serve = await startServe(cluster);
    const answer = await post(`${serve.url}/user/acme/service/default/spawn`, { service_environment: 'a\0b' });
    expect(answer.json()).toMatchObject({ error: { code: 'InvalidRequest' } });
  });

  test('once there is a token, every account needs one, and statuses stay public', async () => {
    const serve = await startServe(cluster);
    const open = await post(`${serve.url}/v2/service/acme/default/connect`, {});
    expect(open.status, open.text).toBe(200);
    const { backend_id } = open.json<{ backend_id: string }>();
    const token = await createToken(serve.database, 'acme', 'read', 'connect');
    for (const path of ['/v2/account/acme/backends', `/v2/backend/${backend_id}`, '/v2/account/acme/services']) {
      const refused = await send(serve.url + path);
      expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      expect(refused.json()).toMatchObject({ error: { code: 'Unauthorized' } });
      expect((await send(serve.url + path, { headers: bearer(token) })).status).toBe(200);
    }
    const status = await send(`${serve.url}/v2/backend/${backend_id}/status`);
    expect(status).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': '*' } });
    expect((await openStream(`${serve.url}/v2/backend/${backend_id}/status/stream`)).status).toBe(200);
    expect((await send(`${serve.url}/auth`, { headers: bearer(token) })).json()).toEqual({
      status: 'ok',
      accounts: ['acme'],
      is_admin: false,
    });
  });

  test('an account neither sees nor changes backends and services of another', async () => {
    const serve = await startServe(cluster);
    const acme = await createToken(serve.database, 'acme', 'read', 'connect', 'deploy');
    const globex = await createToken(serve.database, 'globex', 'admin');
    const id = await spawn(serve, 'acme', acme);
    expect((await post(`${serve.url}/v2/account/acme/service`, { name: 'private' }, bearer(acme))).status).toBe(200);
    const asGlobex = (path: string) => send(serve.url + path, { headers: bearer(globex) });
    for (const path of [`/v2/backend/${id}`, `/v2/backend/${id}/logs/stream`, `/v2/backend/${id}/metrics/stream`]) {
      expect((await asGlobex(path)).json(), path).toMatchObject({ error: { status: 404, code: 'BackendNotFound' } });
    }
    for (const path of [`/v2/backend/${id}/terminate`, `/backend/${id}/terminate`]) {
      const answer = await post(serve.url + path, {}, bearer(globex));
      expect(answer.json(), path).toMatchObject({ error: { status: 404, code: 'BackendNotFound' } });
    }
    for (const path of ['/v2/account/acme/backends', '/v2/account/acme/services', '/v2/service/acme/private']) {
      expect((await asGlobex(path)).json(), path).toMatchObject({ error: { status: 403, code: 'AccountNotAllowed' } });
    }
    for (const path of ['/v2/service/acme/default/connect', '/user/acme/service/default/spawn']) {
      const answer = await post(serve.url + path, {}, bearer(globex));
      expect(answer.json(), path).toMatchObject({ error: { status: 403, code: 'AccountNotAllowed' } });
    }
    expect((await asGlobex('/v2/account/globex/backends')).json()).toEqual({ running_backends: [] });
    expect((await asGlobex('/v2/account/globex/services')).json()).toEqual({ services: ['default', 'other'] });
    expect((await asGlobex('/v2/service/globex/private')).json()).toMatchObject({ error: { code: 'ServiceNotFound' } });
    expect((await send(`${serve.url}/v2/backend/${id}`, { headers: bearer(acme) })).status).toBe(200);
  });

  test.each([
    ['read', 403, 'POST', '/v2/service/acme/default/connect'],
    ['read', 403, 'POST', '/v2/account/acme/service'],
    ['connect', 403, 'GET', '/v2/account/acme/backends'],
    ['connect', 403, 'POST', '/v2/service/acme/default/update'],
    ['deploy', 403, 'POST', '/user/acme/service/default/spawn'],
    ['deploy', 403, 'POST', '/service/acme/default/terminate-backends'],
    ['read', 200, 'GET', '/v2/account/acme/backends'],
    ['connect', 200, 'POST', '/service/acme/default/terminate-backends'],
    ['admin', 200, 'GET', '/v2/account/acme/backends'],
    ['admin', 200, 'POST', '/service/acme/default/terminate-backends'],
  ])('the scope %s gets %d for %s %s', async (scope, status, method, path) => {
    const serve = await startServe(cluster);
    const token = await createToken(serve.database, 'acme', scope);
    const body = method === 'POST' ? { body: '{"name":"x","image_tag":"x"}' } : {};
    const answer = await send(serve.url + path, { method, headers: bearer(token), ...body });
    expect(answer.status, answer.text).toBe(status);
    if (status === 403) expect(answer.json()).toMatchObject({ error: { code: 'ScopeMissing' } });
  });

  test('wrong tokens are refused, and many from one address with 429, while valid ones from there still work', async () => {
    const serve = await startServe(cluster);
    const token = await createToken(serve.database, 'acme', 'read');
    const path = `${serve.url}/v2/account/acme/backends`;
    const wrong = ['', 'x', 'a.b', `${token}x`, token.slice(0, -1), token.toUpperCase()];
    for (const each of wrong) {
      const answer = await send(path, { headers: bearer(each) });
      expect(answer.json(), each).toMatchObject({ error: { status: 401, code: 'Unauthorized' } });
    }
    await waitFor(async () => (await send(path, { headers: bearer('a.b') })).status === 429, 'the limit');
    expect((await send(path, { headers: bearer(token) })).status).toBe(200);
    const limited = await send(path, { headers: bearer('a.b') });
    expect(limited.json()).toMatchObject({ error: { status: 429, code: 'TooManyAttempts' } });
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('an account cannot exceed its limits of backends and connects', async () => {
    const limits = { maxBackends: 2, connectsPerSecond: 4 };
    const serve = await startServe(cluster, { serve: { limits } });
    const connect = (body: unknown, account = 'acme') =>
      post(`${serve.url}/v2/service/${account}/default/connect`, body);
    const answers = await Promise.all([connect({ key: 'a' }), connect({ key: 'b' }), connect({ key: 'c' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429]);
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.json()).toMatchObject({
      error: { code: 'LimitReached', message: expect.stringContaining('serve.limits.maxBackends') },
    });
    // On a slow machine, several concurrent requests may arrive so late that each is within the limit.
    const limitedBy = await waitFor(async () => {
      const many = await Promise.all(Array.from({ length: 20 }, () => connect({ key: 'a', spawn: false })));
      return many.find(({ status }) => status === 429)?.text;
    }, 'a connect to be one too many');
    expect(limitedBy).toContain('serve.limits.connectsPerSecond');
    expect((await connect({ key: 'a' }, 'globex')).status).toBe(200);
  });
});
