import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { AGE, DURATION, PHASE } from '../support/durations.js';
import { send } from '../support/http.js';
import { buildPrintingImage } from '../support/printing-image.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { describeServe, type ServeRun, startServe, useCluster } from '../support/serve.js';

/** Listens on a free port. @returns the port */
async function listen(server: Server | ReturnType<typeof createHttpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Forwards requests as a front with TLS does. */
function passOn(target: string): RequestListener {
  return (request, response) => {
    const { method, headers } = request;
    const onward = httpRequest(`${target}${request.url}`, { method: method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
}

/** A home folder in which the official client has logged in. */
function homeWith(login: object): string {
  const home = makeTempFolder();
  mkdirSync(join(home, '.jamsocket'));
  writeFileSync(join(home, '.jamsocket', 'config.json'), JSON.stringify(login));
  return home;
}

describeServe('commands with --api', () => {
  const cluster = useCluster();
  let printing: Awaited<ReturnType<typeof buildPrintingImage>>;
  beforeAll(async () => {
    printing = await buildPrintingImage();
  });
  afterAll(() => printing?.remove());

  async function startPrinting(): Promise<ServeRun> {
    const image = { image: printing.tag, pullPolicy: 'Never' };
    return startServe(cluster, { config: { services: { default: image, other: image } } });
  }

  /** Creates a token on the server's database. */
  async function createToken({ database }: ServeRun, account: string, scopes: string): Promise<string> {
    const run = await runCli(['token', 'create', account, '--scopes', scopes], {
      env: { JAMDEV_SERVE_DATABASE: database },
    });
    return run.stdout.trim();
  }

  /** Runs a command in a folder without a dev server. */
  function runBy(env: NodeJS.ProcessEnv) {
    return (...args: string[]) => runCli(args, { cwd: makeTempFolder(), env: { HOME: makeTempFolder(), ...env } });
  }

  test('spawn, connect, list, status, logs and terminate work as on a dev server', async () => {
    const serve = await startPrinting();
    const token = await createToken(serve, 'acme', 'read,connect');
    const run = runBy({ JAMDEV_TOKEN: token, JAMDEV_API_URL: serve.url });

    const spawned = JSON.parse((await run('spawn', '--key', 'doc-1', '--wait', '--json')).stdout);
    expect(Object.keys(spawned)).toEqual(['name', 'spawned', 'url', 'status_url', 'ready_url', 'status']);
    expect(spawned).toMatchObject({
      spawned: true,
      status: 'Ready',
      status_url: `${serve.url}/backend/${spawned.name}/status`,
    });
    const connected = JSON.parse((await run('connect', 'default/default', '--key', 'doc-1', '--json')).stdout);
    expect(connected).toMatchObject({ backend_id: spawned.name, spawned: false, status: 'ready' });
    expect((await send(connected.url)).text).toBe('ok');

    const list = JSON.parse((await run('list', '--json')).stdout);
    expect(list).toEqual([
      {
        ...{ id: spawned.name, service: 'default', key: 'doc-1', key_given: true, created_at: expect.any(String) },
        status: { status: 'ready', time: expect.any(String) },
        ...{ explanation: null, connections: null, memory: null, cpu: null },
      },
    ]);
    const table = (await run('list')).stdout.trimEnd().split('\n');
    expect(table[0]).toMatch(/^ID +KEY +SERVICE +STATUS +AGE +CONNECTIONS +MEMORY$/);
    expect(table[1]).toMatch(new RegExp(`^${spawned.name} +doc-1 +default +ready +${AGE} +- +-$`));
    expect(table).toHaveLength(2);

    expect((await run('status', 'doc-1')).stdout).toMatch(
      new RegExp(String.raw`Z {2}ready \(${DURATION}: .*waiting ${PHASE}\)\n$`),
    );
    const live = await run('logs', 'doc-1', '--no-follow', '--json');
    const records = live.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const owner = {
      backend: spawned.name,
      service: 'default',
      key: 'doc-1',
      key_given: true,
      time: expect.any(String),
    };
    expect(records.filter(({ source }) => source === 'stdout')).toEqual([
      { ...owner, source: 'stdout', text: 'serving doc-1' },
      { ...owner, source: 'stdout', text: `long ${'x'.repeat(40_000)}` },
    ]);
    expect(records.filter(({ source }) => source !== 'stdout')).toEqual([
      { ...owner, source: 'stderr', text: 'a warning' },
    ]);
    expect((await run('logs', 'default/doc-1', '--no-follow', '--tail', '0')).stdout).toBe('');

    const [following, watching] = [run('logs', spawned.name, '-t'), run('status', 'doc-1', '--watch', '--json')];
    expect((await run('terminate', 'doc-1')).stdout).toBe(`Ending ${spawned.name} (key doc-1).\n`);
    const followed = await following;
    expect(followed.code).toBe(0);
    expect(followed.stdout).toMatch(/^\d{4}-\S+Z serving doc-1$/m);
    expect(followed.stdout).toMatch(/^\S+Z saved\n\S+Z jamdev: terminated \(on request.*\)\n$/m);
    const statuses = (await watching).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).status);
    expect(statuses.slice(-2)).toEqual(['terminating', 'terminated']);

    // The stored log is the same, with its times and streams.
    const kept = (await run('logs', 'doc-1', '--no-follow', '--json')).stdout.trimEnd().split('\n');
    expect(kept.map((line) => JSON.parse(line)).slice(0, records.length)).toEqual(records);
    expect(JSON.parse(kept.at(-1) ?? '')).toMatchObject({ source: 'jamdev', end: true });
    expect((await run('list')).stdout).toMatch(/^No backends are running\. .* spawn --key doc-1\n$/);
    expect(JSON.parse((await run('list', '--all', '--json')).stdout)).toMatchObject([
      { id: spawned.name, status: { status: 'terminated', termination_reason: 'external' } },
    ]);
    expect((await run('status', spawned.name)).stdout).toMatch(/terminated \(on request/);
  });

  test('--wait says why a backend never became ready, and names refer to an account’s backends', async () => {
    const serve = await startPrinting();
    const token = await createToken(serve, 'acme', 'read,connect');
    const run = runBy({ JAMDEV_TOKEN: token, JAMDEV_API_URL: serve.url });
    const stopped = await run('spawn', '--key', 'x', '--wait', '-e', 'NODE_OPTIONS=--no-such-option');
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(
      /did not become ready: terminated \((it could not be started|crashed)[\s\S]*not allowed in NODE_OPTIONS/,
    );
    await Promise.all([run('spawn', '-k', 'same'), run('spawn', 'other', '-k', 'same')]);
    const both = await run('terminate', 'same');
    expect(both).toMatchObject({ code: 1, stderr: expect.stringContaining('held by 2 backends') });
    const stranger = runBy({
      JAMDEV_TOKEN: await createToken(serve, 'globex', 'read,connect'),
      JAMDEV_API_URL: serve.url,
    });
    const [{ id }] = JSON.parse((await run('list', '--json')).stdout);
    expect(JSON.parse((await stranger('list', '--all', '--json')).stdout)).toEqual([]);
    for (const command of ['status', 'logs', 'terminate']) {
      expect(await stranger(command, id)).toMatchObject({ code: 1, stderr: expect.stringContaining(`"${id}"`) });
    }
    const ended = await run('terminate', '--all', '--force', '--json');
    expect(
      ended.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { key: 'same', status: 'ok' },
      { key: 'same', status: 'ok' },
    ]);
  });

  test('a missing, wrong or insufficient token is reported with the reason', async () => {
    const serve = await startServe(cluster);
    const open = runBy({ JAMDEV_API_URL: serve.url });
    expect(await open('list')).toMatchObject({ code: 0 });
    const reader = await createToken(serve, 'acme', 'read');
    const cases: [env: NodeJS.ProcessEnv, args: string[], code: string, mention: string][] = [
      [{}, ['list'], 'Unauthorized', 'JAMDEV_TOKEN is not set'],
      [{}, ['spawn', '--key', 'a'], 'Unauthorized', 'JAMDEV_TOKEN is not set'],
      [{ JAMDEV_TOKEN: `${reader}x` }, ['list'], 'Unauthorized', 'unknown or revoked'],
      [{ JAMDEV_TOKEN: 'a.b' }, ['logs', 'x'], 'Unauthorized', 'unknown or revoked'],
      [{ JAMDEV_TOKEN: reader }, ['spawn', '--key', 'a'], 'ScopeMissing', 'the scope "connect"'],
      [
        { HOME: homeWith({ api_token: { account: 'globex', token: reader } }) },
        ['list'],
        'AccountNotAllowed',
        '"acme", not "globex"',
      ],
    ];
    for (const [env, args, code, mention] of cases) {
      const plain = await runBy({ JAMDEV_API_URL: serve.url, ...env })(...args);
      expect(plain).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(mention) });
      const asJson = await runBy(env)(...args, '--api', serve.url, '--json');
      expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code, message: expect.stringContaining(mention) } });
    }
    const login = homeWith({ api_token: { account: 'acme', token: reader } });
    expect(await runBy({ HOME: login })('list', '--api', serve.url)).toMatchObject({ code: 0 });
  });

  test('an option without meaning on a cluster is a usage error', async () => {
    const serve = await startServe(cluster);
    const run = runBy({ JAMDEV_API_URL: serve.url });
    for (const [args, mention] of [
      [['build'], 'which does not build'],
      [['logs'], 'one backend at a time'],
      [['logs', '--crashed'], 'one backend at a time'],
    ] as const) {
      expect(await run(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(mention) });
    }
  });

  test('https works if the certificate is trusted', async () => {
    const serve = await startServe(cluster);
    const pem = readFileSync(fixture('self-signed.pem'));
    const port = await listen(createHttpsServer({ key: pem, cert: pem }, passOn(serve.url)));
    const api = `https://localhost:${port}`;
    const trusted = { NODE_EXTRA_CA_CERTS: fixture('self-signed.pem') };
    expect(await runBy(trusted)('list', '--api', api, '--json')).toMatchObject({ code: 0, stdout: '[]\n' });
    const tokens = await runBy({ ...trusted, JAMDEV_TOKEN: 'a.b' })('token', 'list', 'local', '--api', api, '--json');
    expect(tokens).toMatchObject({ code: 0, stdout: '[]\n' });
    for (const [env, url, mention] of [
      [{}, api, 'NODE_EXTRA_CA_CERTS'],
      [trusted, `https://127.0.0.1:${port}`, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      [{}, serve.url.replace('http:', 'https:'), 'does not speak TLS'],
      [{ JAMDEV_TOKEN: 'a.b' }, `http://localhost:${port}`, `http://localhost:${port}`],
    ] as const) {
      const run = await runBy(env)('list', '--api', url);
      expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(mention) });
    }
  });
});

test.each([
  ['away', undefined, 'No jamdev serve answers at URL: ECONNREFUSED'],
  ['a redirect', 308, 'it redirects to https://elsewhere.example/'],
  ['another server', 404, 'it answers with status 404'],
  ['a page', 200, 'its answer is not JSON'],
])('a server that is %s instead of jamdev serve', async (_what, status, mention) => {
  const seen: unknown[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(status ?? 200, { location: 'https://elsewhere.example/' }).end('<p>');
  });
  const port = await listen(server);
  if (status === undefined) await new Promise((resolve) => server.close(resolve));
  const url = `http://127.0.0.1:${port}`;
  const run = await runCli(['list', '--api', url], { cwd: makeTempFolder(), env: { JAMDEV_TOKEN: 'a.b' } });
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(mention.replace('URL', url)) });
  // Only jamdev serve ever gets the token.
  expect(seen).toEqual(status === undefined ? [] : [undefined]);
});
