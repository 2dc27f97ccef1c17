import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_SPAWN_BYTES, spawnBytes } from '../../src/contract/spawn-size.js';
import { runCli } from '../support/cli.js';
import { ENGINE_SOCKET, startDrone } from '../support/drones.js';
import { type Answer, openStream, post, send } from '../support/http.js';
import { runSql } from '../support/postgres.js';
import { makeProject } from '../support/project.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  useCluster,
} from '../support/serve.js';
import { CAN_MOUNT, mountTinyDisk } from '../support/tiny-disk.js';
import { waitFor } from '../support/wait.js';

interface Connected {
  backend_id: string;
  spawned: boolean;
  url: string;
  token: string;
  secret_token: string | null;
}

function ask(serve: ServeRun, body: unknown): Promise<Answer> {
  return post(`${serve.url}/v2/service/acme/default/connect`, body);
}

async function connectReady(serve: ServeRun, body: unknown): Promise<Connected> {
  const answer = await ask(serve, body);
  expect(answer.status, answer.text).toBe(200);
  const connected = answer.json<Connected>();
  const isReady = async () =>
    (await send(`${serve.url}/v2/backend/${connected.backend_id}/status`)).json().status === 'ready';
  await waitFor(isReady, 'the backend to be ready', START_DEADLINE_MS);
  return connected;
}

async function createToken(database: string, scopes: string): Promise<{ authorization: string }> {
  const args = ['token', 'create', 'acme', '--scopes', scopes];
  const { code, stdout, stderr } = await runCli(args, { env: { JAMDEV_SERVE_DATABASE: database } });
  expect(code, stderr).toBe(0);
  return { authorization: `Bearer ${stdout.trim()}` };
}

describeServe('jamdev serve: in operation', () => {
  const cluster = useCluster();

  test('connects give 503 without a drone that accepts backends: none in the pool, and a draining one', async () => {
    const empty = await startServe(cluster, { serve: { pool: 'nobody' } });
    const drone = await startDrone(cluster);
    const serve = await startServe(cluster, { serve: { pool: drone.pool } });
    await connectReady(serve, { key: 'before' });
    const { controllerUrl, cluster: name } = cluster.plane;
    const drained = await fetch(`${controllerUrl}/ctrl/c/${name}/d/${drone.name}/drain`, { method: 'POST' });
    expect(drained.status).toBe(200);
    for (const [each, pool] of [
      [empty, 'nobody'],
      [serve, drone.pool],
    ] as const) {
      const refused = await waitFor(
        async () => {
          const answer = await ask(each, { key: `new-${Math.random()}` });
          return answer.status === 200 ? undefined : answer;
        },
        'no drone to take a backend',
        START_DEADLINE_MS,
      );
      expect(refused.json(), refused.text).toMatchObject({
        error: { status: 503, code: 'NoDroneAvailable', message: expect.stringContaining(`"${pool}"`) },
      });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await ask(serve, { key: 'before' })).json()).toMatchObject({ spawned: false });
    expect((await send(`${empty.url}/v2/account/acme/backends`)).json()).toEqual({ running_backends: [] });
  });

  test('a static token stays in the path, and has no secret', async () => {
    const image = { image: cluster.image, pullPolicy: 'Never', useStaticToken: true };
    const serve = await startServe(cluster, { config: { services: { default: image } } });
    const { token, secret_token, url } = await connectReady(serve, { key: 'static' });
    expect(token).toMatch(/^s\.[\w-]{43}$/);
    expect(secret_token).toBeNull();
    expect((await send(`${url}engine-control/env`)).json()).toMatchObject({ SESSION_BACKEND_STATIC_TOKEN: token });
    expect((await ask(serve, { key: 'static' })).json()).toMatchObject({ token, spawned: false });
  });

  test('a spawn of the maximum size passes through Plane, and one byte more is refused', async () => {
    const serve = await startServe(cluster);
    const key = '\u{1f511}'.repeat(128);
    const room =
      MAX_SPAWN_BYTES - spawnBytes({ key, image: cluster.image, env: { A: '', JAMSOCKET_SERVICE: 'default' } });
    const withEnv = (bytes: number) => ({ key, spawn: { executable: { env: { A: 'x'.repeat(bytes) } } } });
    const refused = await ask(serve, withEnv(room + 1));
    expect(refused.json()).toMatchObject({ error: { status: 400, message: expect.stringContaining('6144 bytes') } });
    const { url } = await connectReady(serve, withEnv(room));
    expect((await send(`${url}engine-control/env`)).json()).toMatchObject({
      A: 'x'.repeat(room),
      SESSION_BACKEND_KEY: key,
    });
  });

  test('a request that Plane cannot accept gives 400', async () => {
    const serve = await startServe(cluster);
    for (const [what, body] of Object.entries({
      'a NUL in auth': { auth: { name: 'a\0b' } },
      'a NUL in a name in auth': { auth: { list: [{ 'a\0b': 1 }] } },
      'half of a surrogate pair in auth': { auth: { name: '\ud83d' } },
      'a NUL in user': { user: 'a\0b' },
      'a user of 256 characters': { user: 'é'.repeat(256) },
      'half of a surrogate pair in env': { spawn: { executable: { env: { A: '\udc00' } } } },
      'a limit beyond all numbers': { spawn: { executable: { resource_limits: { memory_limit_bytes: 1e300 } } } },
    })) {
      expect((await ask(serve, body)).json(), what).toMatchObject({ error: { status: 400, code: 'InvalidRequest' } });
    }
    const fine = { user: 'é'.repeat(255), auth: { name: '\u0001\u{1f511}', big: 1e300 } };
    expect((await ask(serve, fine)).status).toBe(200);
  });

  test('metrics are only for admins', async () => {
    const serve = await startServe(cluster);
    await connectReady(serve, {});
    const metrics = (headers = {}) => send(`${serve.url}/metrics`, { headers });
    const read = await createToken(serve.database, 'read,connect,deploy');
    const admin = await createToken(serve.database, 'admin');
    expect((await metrics()).status).toBe(401);
    expect((await metrics(read)).json()).toMatchObject({ error: { status: 403, code: 'ScopeMissing' } });
    const answer = await metrics(admin);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': expect.stringMatching(/^text\/plain/) } });
    expect(answer.text).toMatch(/^jamdev_spawned_backends_total 1$/m);
    expect(answer.text).toMatch(/^jamdev_followed_backends 1$/m);
    expect(answer.text).toMatch(
      /^jamdev_http_request_duration_seconds_count\{method="POST",route="\/v2\/service\/:account\/:service\/connect",status="200"\} 1$/m,
    );
  });

  test('--check tries every part and reports failures', async () => {
    const { plane, image, drone } = cluster;
    const check = async (serve: Record<string, unknown>, services: Record<string, unknown>) => {
      const config = { services, serve: { controller: plane.controllerUrl, cluster: plane.cluster, ...serve } };
      const { code, stdout } = await runCli(['serve', '--check'], {
        cwd: makeProject({ 'jamdev.config.json': config }),
      });
      return { code, lines: stdout.split('\n').map((line) => line.slice(0, 5).trim() + line.slice(5)) };
    };
    const database = await cluster.createDatabase();
    const good = await check(
      { database, drones: { [drone]: ENGINE_SOCKET } },
      { default: { image, pullPolicy: 'Never' } },
    );
    expect(good, good.lines.join('\n')).toMatchObject({ code: 0 });
    expect(good.lines.filter((line) => line.startsWith('fail'))).toEqual([]);
    const bad = await check(
      {
        database: database.replace(/\/serve/, '/nothing'),
        controller: 'http://127.0.0.1:1',
        drones: { [drone]: 'unix:///run/nothing.sock' },
      },
      { default: {} },
    );
    expect(bad.code).toBe(1);
    for (const what of [
      'database',
      'controller',
      'drones of',
      `engine of drone ${drone}`,
      'image of service default',
    ]) {
      expect(bad.lines.join('\n')).toMatch(new RegExp(`^fail.*${what}`, 'm'));
    }
  });

  test('on SIGTERM open streams end, and another jamdev serve takes over the backends', async () => {
    const database = await cluster.createDatabase();
    const serve = await startServe(cluster, { database });
    const { backend_id } = await connectReady(serve, { key: 'kept' });
    const paths = ['status/stream', 'logs/stream', 'metrics/stream'];
    const streams = await Promise.all(paths.map((path) => openStream(`${serve.url}/v2/backend/${backend_id}/${path}`)));
    await waitFor(
      () => streams.every(({ chunks }) => chunks.length > 0),
      'all streams to have begun',
      START_DEADLINE_MS,
    );
    serve.process.kill('SIGTERM');
    await Promise.all(streams.map(({ ended }) => ended));
    expect(await serve.exit).toBe(0);
    expect(serve.log().at(-1)).toMatchObject({ msg: 'stopped' });
    expect(await isContainerRunning(backend_id)).toBe(true);
    const other = await startServe(cluster, { database });
    expect((await ask(other, { key: 'kept' })).json()).toMatchObject({ backend_id, spawned: false });
    expect((await post(`${other.url}/v2/backend/${backend_id}/terminate`, { hard: true })).status).toBe(200);
    const status = await openStream(`${other.url}/v2/backend/${backend_id}/status/stream`);
    await status.ended;
    expect(
      status.chunks
        .join('')
        .match(/"status":"[\w-]+"/g)
        ?.at(-1),
    ).toBe('"status":"terminated"');
  });

  test('logs, then backends and the audit, are deleted after their retention time', async () => {
    const database = await cluster.createDatabase();
    const serve = await startServe(cluster, { database });
    const { backend_id } = await connectReady(serve, {});
    const info = (of: ServeRun) => send(`${of.url}/v2/backend/${backend_id}`);
    await post(`${serve.url}/v2/backend/${backend_id}/terminate`, { hard: true });
    await (await openStream(`${serve.url}/v2/backend/${backend_id}/status/stream`)).ended;
    const rows = (table: string) => runSql(database, `select 1 from jamdev.${table}`);
    expect([await rows('backend_logs'), await rows('audit')].map(({ length }) => length)).toEqual([1, 1]);
    serve.process.kill('SIGTERM');
    await serve.exit;
    await runSql(database, `update jamdev.backends set ended_at = ended_at - interval '3 days'`);
    await runSql(database, `update jamdev.audit set time = time - interval '3 days'`);
    const retention = { logRetentionDays: 2, auditRetentionDays: 4, backendRetentionDays: 4 };
    const second = await startServe(cluster, { database, serve: retention });
    await waitFor(async () => (await rows('backend_logs')).length === 0, 'the log to be deleted', START_DEADLINE_MS);
    expect((await info(second)).status).toBe(200);
    expect(await rows('audit')).toHaveLength(1);
    const all = { logRetentionDays: 2, auditRetentionDays: 2, backendRetentionDays: 2 };
    const third = await startServe(cluster, { database, serve: all });
    await waitFor(async () => (await rows('audit')).length === 0, 'the audit to be deleted', START_DEADLINE_MS);
    expect((await info(third)).status).toBe(404);
  });

  test.skipIf(!CAN_MOUNT)('a full disk of PostgreSQL gives 503 until there is room', async () => {
    const disk = mountTinyDisk('48m');
    const folder = join(disk.folder, 'tablespace');
    mkdirSync(folder);
    chmodSync(disk.folder, 0o755);
    execFileSync('chown', ['postgres', folder]);
    const space = `tiny${Date.now()}`;
    await runSql(cluster.plane.databaseUrl, `create tablespace ${space} location '${folder}'`);
    const database = await cluster.createDatabase(`tablespace ${space}`);
    const serve = await startServe(cluster, { database });
    const { backend_id, url } = await connectReady(serve, { key: 'held' });
    expect((await send(url)).text).toBe('ok');
    disk.fill();
    // Existing pages of PostgreSQL accept some more rows.
    const refused = await waitFor(
      async () => {
        const answer = await post(`${serve.url}/v2/account/acme/service`, {
          name: `s${Math.random()}`.replace('.', ''),
        });
        return answer.status === 200 ? undefined : answer;
      },
      'the disk to be full',
      START_DEADLINE_MS,
    );
    expect(refused.json(), refused.text).toMatchObject({ error: { status: 503, code: 'DatabaseUnavailable' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask(serve, { key: 'held' })).json()).toMatchObject({ backend_id, spawned: false });
    expect((await send(url)).text).toBe('ok');
    disk.free();
    const created = await post(`${serve.url}/v2/account/acme/service`, { name: 'afterwards' });
    expect(created.status, created.text).toBe(200);
    expect((await ask(serve, { key: 'new' })).json()).toMatchObject({ spawned: true });
    serve.process.kill('SIGTERM');
    await serve.exit;
    const name = new URL(database).pathname.slice(1);
    await runSql(cluster.plane.databaseUrl, `drop database ${name} with (force)`);
    await runSql(cluster.plane.databaseUrl, `drop tablespace ${space}`);
  });
});
