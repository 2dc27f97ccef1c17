import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStream, post, send } from '../support/http.js';
import { runSql } from '../support/postgres.js';
import { makeTempFolder } from '../support/project.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  useCluster,
} from '../support/serve.js';
import { waitFor } from '../support/wait.js';

/** Longer than Plane's leases of keys, which last 60 s. */
const LEASE_DEADLINE_MS = 120_000;

async function connect(serve: ServeRun, body: unknown): Promise<{ backend_id: string; spawned: boolean; url: string }> {
  const answer = await post(`${serve.url}/v2/service/acme/default/connect`, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json();
}

async function statusOf(serve: ServeRun, id: string): Promise<Record<string, unknown>> {
  return (await send(`${serve.url}/v2/backend/${id}/status`)).json();
}

function untilStatus(serve: ServeRun, id: string, status: string): Promise<unknown> {
  return waitFor(async () => (await statusOf(serve, id)).status === status, `${id} to be ${status}`, START_DEADLINE_MS);
}

describeServe('jamdev serve: when a part fails', () => {
  const cluster = useCluster();

  /** The folder of the cluster, where each part has a file with its pid. */
  const planeFolder = () => dirname(new URL(cluster.plane.databaseUrl).searchParams.get('host') ?? '');
  const pidOf = (part: string) => Number(readFileSync(join(planeFolder(), `${part}.pid`), 'utf8'));
  /** Stops a part of the cluster, as on a machine that hangs. @returns lets it go on */
  const freeze = async (part: string) => {
    const pid = pidOf(part);
    process.kill(pid, 'SIGSTOP');
    const thaw = () => void process.kill(pid, 'SIGCONT');
    onTestFinished(thaw);
    // Each of its threads stops by itself; until then it may still answer.
    const tasks = `/proc/${pid}/task`;
    const isStopped = (task: string) => / T /.test(readFileSync(join(tasks, task, 'stat'), 'utf8'));
    await waitFor(() => readdirSync(tasks).every(isStopped), `the ${part} to stand still`);
    return thaw;
  };
  /** Starts a second drone. @returns its name */
  const startDrone = async () => {
    const name = `dr-${Math.random().toString(36).slice(2, 12)}`;
    const { controllerUrl, cluster: clusterName } = cluster.plane;
    const plane = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jamdev', 'plane', 'bin', 'plane');
    const args = ['drone', '--controller-url', controllerUrl.replace('http', 'ws'), '--cluster', clusterName];
    const drone = spawn(plane, [...args, '--name', name, '--ip', '127.0.0.1', '--db', join(makeTempFolder(), 'db')], {
      stdio: 'ignore',
    });
    onTestFinished(() => void drone.kill('SIGKILL'));
    await waitFor(async () => {
      const state = await (await fetch(`${controllerUrl}/ctrl/c/${clusterName}/state`)).text();
      return state.includes(name);
    }, 'the second drone to be connected');
    return name;
  };

  test('a controller that does not answer is a 503, and nothing has to be restarted after it', async () => {
    const serve = await startServe(cluster);
    expect((await send(`${serve.url}/readyz`)).json()).toEqual({ status: 'ok' });
    const { backend_id, url } = await connect(serve, { key: 'held' });
    await untilStatus(serve, backend_id, 'ready');
    // Plane's proxy asks a controller about a token once.
    expect((await send(url)).text).toBe('ok');
    const thaw = await freeze('controller');
    // At once, as the session lives no longer than its lease without a controller.
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
    await waitFor(async () => (await send(`${serve.url}/readyz`)).status === 200, 'the controller to answer');
    expect(await connect(serve, { key: 'held' })).toMatchObject({ backend_id, spawned: false });
  });

  test('when the jamdev serve that follows a backend is killed, another goes on, and no status is lost', async () => {
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

  test('a row whose process was killed before it asked for the backend does not keep the key', async () => {
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

  test('a drone that is frozen past the lease of its keys leaves no second holder', async () => {
    const other = await startDrone();
    const socket = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
    const serve = await startServe(cluster, { serve: { drones: { [cluster.drone]: socket, [other]: socket } } });
    // Plane chooses a drone; until one comes to the drone of the cluster, of whose process the pid is known.
    let key = '';
    let first = '';
    for (let index = 0; first === ''; index += 1) {
      key = `frozen-${index}`;
      const { backend_id } = await connect(serve, { key });
      const spawned = await waitFor(
        () => serve.log().find(({ msg, backend }) => msg === 'backend spawned' && backend === backend_id),
        'the log to name the drone',
      );
      if (spawned.drone === cluster.drone) first = backend_id;
    }
    await untilStatus(serve, first, 'ready');
    const thaw = await freeze('drone');
    const second = await waitFor(
      async () => {
        const found = await connect(serve, { key });
        return found.backend_id === first ? undefined : found;
      },
      'the key to have another holder',
      LEASE_DEADLINE_MS,
    );
    expect(second.spawned).toBe(true);
    expect(await isContainerRunning(first)).toBe(false);
    expect(await statusOf(serve, first)).toMatchObject({ status: 'terminated', termination_reason: 'lost' });
    thaw();
    await untilStatus(serve, second.backend_id, 'ready');
    expect(await connect(serve, { key })).toMatchObject({ backend_id: second.backend_id, spawned: false });
    expect(await statusOf(serve, first)).toMatchObject({ status: 'terminated', termination_reason: 'lost' });
  });

  test('ends in order on SIGTERM', async () => {
    const serve = await startServe(cluster);
    serve.process.kill('SIGTERM');
    expect(await serve.exit).toBe(0);
    expect(serve.log().map(({ msg }) => msg)).toEqual(expect.arrayContaining(['listening', 'stopping', 'stopped']));
    expect(serve.stderr()).toBe('');
  });
});
