import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Status } from '../../src/contract/status.js';
import { rankOf } from '../../src/platform/backend-state.js';
import { freeze, startDrone } from '../support/drones.js';
import { openStream, post, send } from '../support/http.js';
import { runSql } from '../support/postgres.js';
import { describeServe, type ServeRun, START_DEADLINE_MS, startServe, useCluster } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

async function connect(serve: ServeRun, body: unknown): Promise<{ backend_id: string; spawned: boolean; url: string }> {
  const answer = await post(`${serve.url}/v2/service/acme/default/connect`, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json();
}

async function statusOf(serve: ServeRun, id: string): Promise<Record<string, unknown>> {
  return (await send(`${serve.url}/v2/backend/${id}/status`)).json();
}

/** Waits until a backend has reached a status or passed it. */
function untilStatus(serve: ServeRun, id: string, status: Status): Promise<unknown> {
  const isReached = async () => rankOf((await statusOf(serve, id)).status as Status) >= rankOf(status);
  return waitFor(isReached, `${id} to be ${status}`, START_DEADLINE_MS);
}

describeServe('jamdev serve: when a part fails', () => {
  const cluster = useCluster();

  /** The folder of the cluster, where each part has a file with its pid. */
  const planeFolder = () => dirname(new URL(cluster.plane.databaseUrl).searchParams.get('host') ?? '');
  const pidOf = (part: string) => Number(readFileSync(join(planeFolder(), `${part}.pid`), 'utf8'));
  test('a controller that does not answer gives 503, and needs no restart afterwards', async () => {
    const serve = await startServe(cluster);
    expect((await send(`${serve.url}/readyz`)).json()).toEqual({ status: 'ok' });
    const { backend_id, url } = await connect(serve, { key: 'held' });
    await untilStatus(serve, backend_id, 'ready');
    // Plane's proxy asks a controller about a token once.
    expect((await send(url)).text).toBe('ok');
    const thaw = await freeze(pidOf('controller'));
    // Immediately, because without a controller the session lives only as long as its lease.
    const [refused, readiness] = await Promise.all([
      post(`${serve.url}/v2/service/acme/default/connect`, { key: 'held' }),
      send(`${serve.url}/readyz`),
    ]);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(refused.json()).toMatchObject({ error: { code: 'ControllerUnavailable' } });
    expect(readiness.status).toBe(503);
    expect((await send(`${serve.url}/healthz`)).status).toBe(200);
    expect((await send(url)).text).toBe('ok');
    expect(await statusOf(serve, backend_id)).toMatchObject({ status: 'ready' });
    thaw();
    await waitFor(
      async () => (await send(`${serve.url}/readyz`)).status === 200,
      'the controller to answer',
      START_DEADLINE_MS,
    );
    expect(await connect(serve, { key: 'held' })).toMatchObject({ backend_id, spawned: false });
  });

  test('when the jamdev serve that follows a backend is killed, another takes over, and no status is lost', async () => {
    const database = await cluster.createDatabase();
    const first = await startServe(cluster, { database });
    const env = { BACKEND: JSON.stringify({ listenDelayMs: 8_000 }) };
    const { backend_id } = await connect(first, { key: 'follow', spawn: { executable: { env } } });
    await untilStatus(first, backend_id, 'waiting');
    const second = await startServe(cluster, { database });
    const stream = await openStream(`${second.url}/v2/backend/${backend_id}/status/stream`);
    first.process.kill('SIGKILL');
    await untilStatus(second, backend_id, 'ready');
    expect((await post(`${second.url}/v2/backend/${backend_id}/terminate`, { hard: true })).status).toBe(200);
    await stream.ended;
    expect(stream.chunks.join('').match(/"status":"[\w-]+"/g)).toEqual([
      ...['scheduled', 'loading', 'starting', 'waiting', 'ready', 'hard-terminating', 'terminated'].map(
        (status) => `"status":"${status}"`,
      ),
    ]);
  });

  test('a row whose process was killed before it requested the backend does not block the key', async () => {
    const database = await cluster.createDatabase();
    const serve = await startServe(cluster, { database });
    const { backend_id } = await connect(serve, { key: 'first' });
    await runSql(
      database,
      `insert into jamdev.backends (id, account, service, environment, key, key_given, cluster, image)
       values ('neverspawned00', 'acme', 'default', 'default', 'torn', true, $1, $2)`,
      [cluster.plane.cluster, cluster.image],
    );
    const torn = await connect(serve, { key: 'torn' });
    expect(torn).toMatchObject({ spawned: true });
    expect(torn.backend_id).not.toBe(backend_id);
    expect((await send(`${serve.url}/v2/backend/neverspawned00/status`)).status).toBe(404);
  });

  test('a terminated backend is not returned again, even before its drone knows about it', async () => {
    const drone = await startDrone(cluster);
    const serve = await startServe(cluster, { serve: { pool: drone.pool } });
    const first = await connect(serve, { key: 'told' });
    await untilStatus(serve, first.backend_id, 'ready');
    const thaw = await freeze(drone.pid);
    expect((await post(`${serve.url}/v2/backend/${first.backend_id}/terminate`, {})).status).toBe(200);
    expect(await statusOf(serve, first.backend_id)).toMatchObject({
      status: 'terminating',
      termination_reason: 'external',
    });
    const next = connect(serve, { key: 'told' });
    thaw();
    const second = await next;
    expect(second).toMatchObject({ spawned: true });
    expect(second.backend_id).not.toBe(first.backend_id);
  });

  test('SIGTERM stops it in order', async () => {
    const serve = await startServe(cluster);
    serve.process.kill('SIGTERM');
    expect(await serve.exit).toBe(0);
    expect(serve.log().map(({ msg }) => msg)).toEqual(expect.arrayContaining(['listening', 'stopping', 'stopped']));
    expect(serve.stderr()).toBe('');
  });
});
