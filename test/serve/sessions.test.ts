import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { backendInfoSchema, connectResponseSchema, runningBackendsSchema } from '../../src/contract/responses.js';
import { publicStatusSchema } from '../../src/contract/status.js';
import { docker } from '../engine/drivers/backend-image.js';
import type { PlaneCluster } from '../engine/drivers/plane-cluster.js';
import { openStream, post, send } from '../support/http.js';
import { runSql } from '../support/postgres.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  useCluster,
} from '../support/serve.js';
import { waitFor } from '../support/wait.js';

interface Connected {
  backend_id: string;
  spawned: boolean;
  status: string;
  token: string;
  url: string;
  secret_token: string;
  status_url: string;
  ready_url: string;
}

async function connect(serve: ServeRun, body: unknown, path = '/v2/service/acme/default/connect'): Promise<Connected> {
  const answer = await post(serve.url + path, body);
  expect(answer.status, answer.text).toBe(200);
  return connectResponseSchema.parse(answer.json()) as Connected;
}

async function untilReady(serve: ServeRun, id: string): Promise<void> {
  await waitFor(
    async () => {
      const { status } = (await send(`${serve.url}/v2/backend/${id}/status`)).json<{ status: string }>();
      return status === 'ready';
    },
    `${id} to be ready`,
    START_DEADLINE_MS,
  );
}

/** When the container of a backend was started or finished; ms since 1970. */
async function timeOf(event: 'StartedAt' | 'FinishedAt', id: string): Promise<number> {
  return Date.parse(await docker('inspect', '--format', `{{.State.${event}}}`, `plane-${id}`));
}

/** Reads a status stream to its end. */
async function statusesOf(serve: ServeRun, id: string): Promise<Record<string, unknown>[]> {
  const stream = await openStream(`${serve.url}/v2/backend/${id}/status/stream`);
  await stream.ended;
  return stream.chunks
    .join('')
    .split('\n\n')
    .slice(0, -1)
    .map((event) => {
      expect(event).toMatch(/^data: \{.*\}$/);
      return publicStatusSchema.parse(JSON.parse(event.slice('data: '.length)));
    });
}

/**
 * Makes Plane's controller skip its notifications, as it does for transactions that commit out of order with ids below
 * one it has seen.
 * @returns lets it read the next ones
 */
async function skipNotifications({ databaseUrl }: PlaneCluster): Promise<() => Promise<void>> {
  const channel = 'plane_events';
  const seen = "json_build_object('id', last_value + 1000, 'timestamp', now(), 'kind', 'test', 'payload', '')";
  await runSql(databaseUrl, `select pg_notify($1, ${seen}::text) from event_id_seq`, [channel]);
  return async () =>
    void (await runSql(databaseUrl, "select setval('event_id_seq', last_value + 1000) from event_id_seq"));
}

describeServe('jamdev serve: sessions', () => {
  const cluster = useCluster();

  test('a key has one backend, whose URL uses Plane’s proxy', async () => {
    const serve = await startServe(cluster);
    const first = await connect(serve, { key: 'doc-1', user: 'ada', auth: { role: 'editor' } });
    expect(first).toMatchObject({
      spawned: true,
      status: 'scheduled',
      status_url: `${serve.url}/v2/backend/${first.backend_id}/status`,
      ready_url: `${serve.url}/ready/${first.backend_id}/${first.token}/`,
    });
    expect(Object.keys(first)).toEqual([
      ...['backend_id', 'spawned', 'status', 'token', 'url', 'secret_token', 'status_url', 'ready_url'],
    ]);
    expect(first.url).toBe(`http://localhost:${cluster.plane.proxyPort}/${first.token}/`);
    expect((await send(first.url)).text).toBe('ok');
    const env = (await send(`${first.url}engine-control/env`)).json();
    expect(env).toMatchObject({
      SESSION_BACKEND_ID: first.backend_id,
      SESSION_BACKEND_KEY: 'doc-1',
      JAMSOCKET_SERVICE: 'default',
    });
    await untilReady(serve, first.backend_id);
    const second = await connect(serve, { key: 'doc-1' });
    expect(second).toMatchObject({ backend_id: first.backend_id, spawned: false, status: 'ready' });
    expect(second.token).not.toBe(first.token);
    const elsewhere = await connect(serve, { key: 'doc-1' }, '/v2/service/acme/other/connect');
    expect(elsewhere.backend_id).not.toBe(first.backend_id);
    const other = await connect(serve, { key: 'doc-1' }, '/v2/service/globex/default/connect');
    expect(other.backend_id).not.toBe(first.backend_id);
  });

  test('a backend is listed, described and ended, with all statuses in order', async () => {
    const serve = await startServe(cluster);
    const { backend_id: id } = await connect(serve, { key: 'doc-2' });
    await untilReady(serve, id);
    const list = runningBackendsSchema.parse((await send(`${serve.url}/v2/account/acme/backends`)).json());
    expect(list.running_backends).toMatchObject([
      { id, service_name: 'default', account_name: 'acme', key: 'doc-2', cluster_name: cluster.plane.cluster },
    ]);
    const info = backendInfoSchema.parse((await send(`${serve.url}/v2/backend/${id}`)).json());
    expect(info).toMatchObject({ id, environment_name: 'default', key: 'doc-2' });
    expect((await post(`${serve.url}/v2/backend/${id}/terminate`, {})).json()).toEqual({ status: 'ok' });
    const statuses = await statusesOf(serve, id);
    expect(statuses.map(({ status }) => status)).toEqual([
      ...['scheduled', 'loading', 'starting', 'waiting', 'ready', 'terminating', 'terminated'],
    ]);
    expect(statuses.at(-1)).toMatchObject({
      termination_reason: 'external',
      termination_kind: 'soft',
      exit_error: false,
    });
    const times = statuses.map(({ time }) => Date.parse(String(time)));
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect((await post(`${serve.url}/v2/backend/${id}/terminate`, {})).json()).toMatchObject({
      error: { code: 'BackendNotRunning', status: 409 },
    });
    expect((await send(`${serve.url}/v2/account/acme/backends`)).json()).toEqual({ running_backends: [] });
    const v1 = await openStream(`${serve.url}/backend/${id}/status/stream`);
    await v1.ended;
    expect(v1.chunks.join('').match(/"state":"(\w+)"/g)).toEqual([
      ...['"state":"Loading"', '"state":"Starting"', '"state":"Ready"', '"state":"Terminated"'],
    ]);
  });

  test('all statuses arrive even if Plane skips their notifications', async () => {
    const serve = await startServe(cluster);
    const env = { BACKEND: JSON.stringify({ listenDelayMs: 1_000, onSigterm: 1_000 }) };
    const { backend_id: id } = await connect(serve, { key: 'skipped', spawn: { executable: { env } } });
    const stopSkipping = await skipNotifications(cluster.plane);
    await untilReady(serve, id);
    await stopSkipping();
    await post(`${serve.url}/v2/backend/${id}/terminate`, {});
    const stopAgain = await skipNotifications(cluster.plane);
    expect((await statusesOf(serve, id)).map(({ status }) => status)).toEqual([
      ...['scheduled', 'loading', 'starting', 'waiting', 'ready', 'terminating', 'terminated'],
    ]);
    await stopAgain();
  });

  test('of many connects to one free key through two jamdev serve, one spawns', async () => {
    const database = await cluster.createDatabase();
    const serves = await Promise.all([startServe(cluster, { database }), startServe(cluster, { database })]);
    const connects = Array.from({ length: 16 }, (_, index) => connect(serves[index % 2] as ServeRun, { key: 'busy' }));
    const answers = await Promise.all(connects);
    expect(new Set(answers.map(({ backend_id }) => backend_id)).size).toBe(1);
    expect(answers.filter(({ spawned }) => spawned)).toHaveLength(1);
    const list = (await send(`${serves[1]?.url}/v2/account/acme/backends`)).json<{ running_backends: unknown[] }>();
    expect(list.running_backends).toHaveLength(1);
  });

  test('a connect waits for a key whose holder is ending', async () => {
    const serve = await startServe(cluster);
    const env = { BACKEND: JSON.stringify({ onSigterm: 3_000 }) };
    const first = await connect(serve, { key: 'slow', spawn: { executable: { env } } });
    await untilReady(serve, first.backend_id);
    await post(`${serve.url}/v2/backend/${first.backend_id}/terminate`, {});
    const second = await connect(serve, { key: 'slow' });
    expect(second).toMatchObject({ spawned: true });
    expect(second.backend_id).not.toBe(first.backend_id);
    expect((await send(second.url)).text).toBe('ok');
    await waitFor(
      async () => !(await isContainerRunning(first.backend_id)),
      'the engine to have cleared the first away',
      START_DEADLINE_MS,
    );
    const times = [timeOf('FinishedAt', first.backend_id), timeOf('StartedAt', second.backend_id)];
    const [finishedMs = 0, startedMs = 0] = await Promise.all(times);
    expect(finishedMs).toBeLessThanOrEqual(startedMs);
  });

  test('spawn: false spawns no backend', async () => {
    const serve = await startServe(cluster);
    const answer = await post(`${serve.url}/v2/service/acme/default/connect`, { key: 'none', spawn: false });
    expect(answer.json()).toMatchObject({ error: { status: 409, code: 'KeyUnheldNoSpawnConfig' } });
    const { backend_id } = await connect(serve, { key: 'none' });
    expect(await connect(serve, { key: 'none', spawn: false })).toMatchObject({ backend_id, spawned: false });
  });

  test('a key is held in only one environment at a time', async () => {
    const serve = await startServe(cluster);
    const use = await post(`${serve.url}/v2/service/acme/default/staging/update`, { image_tag: cluster.image });
    expect(use.json()).toEqual({ status: 'ok' });
    const staging = '/v2/service/acme/default/staging/connect';
    const { backend_id } = await connect(serve, { key: 'env' }, staging);
    const answer = await post(`${serve.url}/v2/service/acme/default/connect`, { key: 'env' });
    expect(answer.json()).toMatchObject({ error: { status: 409, code: 'KeyHeldInOtherEnvironment' } });
    expect(await connect(serve, { key: 'env' }, staging)).toMatchObject({ backend_id, spawned: false });
    const info = (await send(`${serve.url}/v2/backend/${backend_id}`)).json();
    expect(info).toMatchObject({ environment_name: 'staging' });
  });

  test('env of the maximum size passes through Plane, and more is refused with the limit', async () => {
    const serve = await startServe(cluster);
    const withEnv = (bytes: number) => ({
      key: `env-${bytes}`,
      spawn: { executable: { env: { A: 'x'.repeat(bytes) } } },
    });
    const { url } = await connect(serve, withEnv(5_900));
    expect((await send(`${url}engine-control/env`)).json<{ A: string }>().A).toHaveLength(5_900);
    const answer = await post(`${serve.url}/v2/service/acme/default/connect`, withEnv(6_200));
    expect(answer.json()).toMatchObject({
      error: { status: 400, code: 'InvalidRequest', message: expect.stringContaining('6144 bytes') },
    });
  });

  test.each(['/etc', '../x', 'a:b'])(
    'the mount with the key or path %j is a folder below that of its service',
    async (key) => {
      const serve = await startServe(cluster);
      const mounts = [];
      for (const [account, body] of [
        ['acme', { key, spawn: { executable: { mount: true } } }],
        ['globex', { key, spawn: { executable: { mount: true } } }],
        ['acme', { key: `path ${key}`, spawn: { executable: { mount: key } } }],
      ] as const) {
        const { backend_id } = await connect(serve, body, `/v2/service/${account}/default/connect`);
        await untilReady(serve, backend_id);
        const binds = JSON.parse(await docker('inspect', '--format', '{{json .Mounts}}', `plane-${backend_id}`)) as {
          Source: string;
          Destination: string;
        }[];
        const hash = createHash('sha256').update(key).digest('hex');
        expect(binds).toMatchObject([
          {
            Source: expect.stringMatching(new RegExp(`/mounts/${account}/default/${hash}$`)),
            Destination: '/plane-data',
          },
        ]);
        mounts.push(binds[0]?.Source);
      }
      expect(new Set(mounts).size).toBe(2);
    },
  );

  test('resource limits reach the container', async () => {
    const serve = await startServe(cluster, { serve: { limits: { memoryBytes: 64 * 1024 * 1024 } } });
    const { backend_id } = await connect(serve, {
      spawn: { executable: { resource_limits: { cpu_period_percent: 50 } } },
    });
    await untilReady(serve, backend_id);
    const host = JSON.parse(await docker('inspect', '--format', '{{json .HostConfig}}', `plane-${backend_id}`));
    expect(host).toMatchObject({ Memory: 64 * 1024 * 1024 });
    // Without its own period it has that of the kernel.
    expect(host.CpuQuota / (host.CpuPeriod || 100_000)).toBe(0.5);
  });

  test('an image that cannot be pulled ends the backend before it starts', async () => {
    const serve = await startServe(cluster, {
      config: { services: { default: { image: 'localhost:1/nothing:1', pullPolicy: 'Never' } } },
    });
    const { backend_id } = await connect(serve, {});
    const statuses = await statusesOf(serve, backend_id);
    expect(statuses.at(-1)).toMatchObject({ status: 'terminated', exit_error: true });
    expect((await send(`${serve.url}/backend/${backend_id}/status`)).json()).toMatchObject({
      state: expect.stringMatching(/^Error(Loading|Starting)$/),
    });
  });

  test('output and usage come from the drone’s engine', async () => {
    const serve = await startServe(cluster);
    const { backend_id } = await connect(serve, {});
    await untilReady(serve, backend_id);
    const logs = await openStream(`${serve.url}/v2/backend/${backend_id}/logs/stream`);
    await waitFor(() => logs.chunks.join('').includes('data: listening on 8080\n\n'), 'its output', START_DEADLINE_MS);
    const metrics = await openStream(`${serve.url}/v2/backend/${backend_id}/metrics/stream`);
    const first = await waitFor(
      () => /^data: (\{.*\})$/m.exec(metrics.chunks.join(''))?.[1],
      'its usage',
      START_DEADLINE_MS,
    );
    const event = JSON.parse(first) as Record<string, unknown>;
    expect(event).toMatchObject({ backend_id, cluster: cluster.plane.cluster });
    for (const name of ['mem_used', 'mem_available', 'sys_cpu']) expect(event[name]).toBeGreaterThan(0);
    await post(`${serve.url}/v2/backend/${backend_id}/terminate`, { hard: true });
    await Promise.all([logs.ended, metrics.ended]);
    await statusesOf(serve, backend_id);
    const info = (await send(`${serve.url}/v2/backend/${backend_id}`)).json<{ statuses: unknown[] }>();
    expect(info.statuses.at(-1)).toMatchObject({ status: 'terminated', exit_code: 137 });
    await docker('rm', '--force', `plane-${backend_id}`);
    const kept = await openStream(`${serve.url}/v2/backend/${backend_id}/logs/stream`);
    await kept.ended;
    expect(kept.chunks.join('')).toContain('data: listening on 8080\n\n');
  });

  test('output of a drone whose engine is not configured is reported as unavailable', async () => {
    const serve = await startServe(cluster, { serve: { drones: {} } });
    const { backend_id } = await connect(serve, {});
    const answer = await send(`${serve.url}/v2/backend/${backend_id}/logs/stream`);
    expect(answer.json()).toMatchObject({
      error: { status: 404, code: 'OutputUnavailable', message: expect.stringContaining(cluster.drone) },
    });
  });

  test('with subdomains a backend has its own origin, to which the ready page leads', async () => {
    const serve = await startServe(cluster, { serve: { subdomains: true } });
    const { backend_id, ready_url, token, url } = await connect(serve, {});
    expect(url).toBe(`http://${backend_id}.${cluster.plane.cluster}/${token}/`);
    await untilReady(serve, backend_id);
    expect((await send(ready_url, { headers: { accept: 'text/html' } })).headers.location).toBe(url);
    const host = { host: `${backend_id}.${cluster.plane.cluster}` };
    const proxy = `http://127.0.0.1:${cluster.plane.proxyPort}/${token}/`;
    expect((await send(proxy, { headers: host })).text).toBe('ok');
    expect((await send(proxy, { headers: { host: cluster.plane.cluster } })).status).toBe(403);
  });

  test('the ready page redirects to Plane’s proxy, shows no output, and accepts nothing else in its address', async () => {
    const serve = await startServe(cluster);
    const env = { BACKEND: JSON.stringify({ listenDelayMs: 2_000 }) };
    const { backend_id, ready_url, url } = await connect(serve, { spawn: { executable: { env } } });
    const browser = { accept: 'text/html' };
    const waiting = await send(ready_url, { headers: browser });
    expect(waiting).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(waiting.text).not.toContain('<pre>');
    await untilReady(serve, backend_id);
    const onward = await send(ready_url, { headers: browser });
    expect(onward).toMatchObject({ status: 302, headers: { location: url } });
    const strange = await send(`${serve.url}/ready/${backend_id}/${encodeURIComponent('x@evil.example')}/`);
    expect(strange.status).toBe(410);
    await post(`${serve.url}/v2/backend/${backend_id}/terminate`, { hard: true });
    await statusesOf(serve, backend_id);
    expect((await send(ready_url, { headers: browser })).status).toBe(410);
  });
});
