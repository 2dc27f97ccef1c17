import { expect, test } from 'vitest';
import type { Status } from '../../src/contract/status.js';
import { rankOf } from '../../src/platform/backend-state.js';
import { type Drone, ENGINE_SOCKET, freeze, startDrone } from '../support/drones.js';
import { openEngineGate } from '../support/engine-gate.js';
import { type Answer, openStream, post, send } from '../support/http.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  useCluster,
} from '../support/serve.js';
import { together } from '../support/together.js';
import { waitFor } from '../support/wait.js';

/** Longer than the leases of Plane's keys, which last 60 s. */
const LEASE_DEADLINE_MS = 150_000;

interface Connected {
  backend_id: string;
  spawned: boolean;
  url: string;
}

function ask(serve: ServeRun, key: string): Promise<Answer> {
  return post(`${serve.url}/v2/service/acme/default/connect`, { key });
}

async function connect(serve: ServeRun, key: string): Promise<Connected> {
  const answer = await ask(serve, key);
  expect(answer.status, answer.text).toBe(200);
  return answer.json();
}

/** Connects as a client that retries as long as it gets 503. */
function connectAgain(serve: ServeRun, key: string): Promise<Connected> {
  return waitFor(
    async () => {
      const answer = await ask(serve, key);
      if (answer.status !== 503) expect(answer.status, answer.text).toBe(200);
      return answer.status === 200 ? answer.json<Connected>() : undefined;
    },
    `a connect to ${key} to succeed`,
    LEASE_DEADLINE_MS,
  );
}

async function statusOf(serve: ServeRun, id: string): Promise<Record<string, unknown>> {
  return (await send(`${serve.url}/v2/backend/${id}/status`)).json();
}

/** Waits until a backend has reached a status or passed it. */
function untilStatus(serve: ServeRun, id: string, status: Status, deadlineMs = START_DEADLINE_MS): Promise<unknown> {
  const isReached = async () => rankOf((await statusOf(serve, id)).status as Status) >= rankOf(status);
  return waitFor(isReached, `${id} to be ${status}`, deadlineMs);
}

async function connectReady(serve: ServeRun, key: string): Promise<Connected> {
  const connected = await connect(serve, key);
  await untilStatus(serve, connected.backend_id, 'ready');
  return connected;
}

function untilContainerEnds(id: string): Promise<unknown> {
  return waitFor(async () => !(await isContainerRunning(id)), `the container of ${id} to end`, START_DEADLINE_MS);
}

const LOST = { status: 'terminated', termination_reason: 'lost' };

describeServe('jamdev serve: one holder per key', () => {
  const cluster = useCluster();

  const startOn = (drone: Drone, serve: Record<string, unknown> = {}) =>
    startServe(cluster, { serve: { pool: drone.pool, ...serve } });

  /** A holder that takes any time to end. */
  async function stillEnding(): Promise<void> {
    const gate = await openEngineGate();
    const drone = await startDrone(cluster, { engine: gate.url });
    const serve = await startOn(drone);
    const { backend_id } = await connectReady(serve, 'stuck');
    gate.set('kills hang');
    expect((await post(`${serve.url}/v2/backend/${backend_id}/terminate`, {})).status).toBe(200);
    const refused = await ask(serve, 'stuck');
    expect(refused.json(), refused.text).toMatchObject({ error: { status: 503, code: 'KeyStillEnding' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await isContainerRunning(backend_id)).toBe(true);
    await startDrone(cluster, { pool: drone.pool });
    process.kill(drone.pid, 'SIGKILL');
    const next = await connectAgain(serve, 'stuck');
    expect(next).toMatchObject({ spawned: true });
  }

  /** A drone that is silent until its backends are lost, while its machine and its engine work. */
  async function endedButRunning(): Promise<void> {
    const drone = await startDrone(cluster);
    const serve = await startOn(drone, { lostAfterSeconds: 30, drones: { [drone.name]: ENGINE_SOCKET } });
    const { backend_id } = await connectReady(serve, 'kept');
    const thaw = await freeze(drone.pid);
    await untilStatus(serve, backend_id, 'terminated', LEASE_DEADLINE_MS);
    await untilContainerEnds(backend_id);
    await waitFor(
      () => serve.log().some(({ msg, backend }) => backend === backend_id && /^killed the container/.test(String(msg))),
      'the log to say who ended it',
    );
    thaw();
    expect(await connectAgain(serve, 'kept')).toMatchObject({ spawned: true });
    expect(await statusOf(serve, backend_id)).toMatchObject(LOST);
  }

  /** The same, but only the drone itself can reach its engine. */
  async function silentDrone(): Promise<void> {
    const drone = await startDrone(cluster);
    const serve = await startOn(drone, { lostAfterSeconds: 30, drones: {} });
    const { backend_id } = await connectReady(serve, 'silent');
    const stream = await openStream(`${serve.url}/v2/backend/${backend_id}/status/stream`);
    const thaw = await freeze(drone.pid);
    await untilStatus(serve, backend_id, 'terminated', LEASE_DEADLINE_MS);
    expect(await statusOf(serve, backend_id)).toMatchObject(LOST);
    await stream.ended;
    expect(stream.chunks.join('')).toMatch(/"status":"ready"[\s\S]*"termination_reason":"lost"[\s\S]*\n\n$/);
    expect((await send(`${serve.url}/v2/account/acme/backends`)).json()).toEqual({ running_backends: [] });
    thaw();
    await untilContainerEnds(backend_id);
    expect(await statusOf(serve, backend_id)).toMatchObject(LOST);
    expect(await connectAgain(serve, 'silent')).toMatchObject({ spawned: true });
  }

  /** A drone that is gone and whose engine, with everything it started, is unreachable. */
  async function lostDrone(onLostDrone: 'spawn' | 'wait', key: string) {
    const gate = await openEngineGate();
    const drone = await startDrone(cluster);
    // Counting as lost does not end the wait.
    const lostAfterSeconds = onLostDrone === 'wait' ? 30 : 120;
    const serve = await startOn(drone, { onLostDrone, lostAfterSeconds, drones: { [drone.name]: gate.url } });
    const { backend_id } = await connectReady(serve, key);
    gate.set('shut');
    await startDrone(cluster, { pool: drone.pool });
    process.kill(drone.pid, 'SIGKILL');
    const answer = await waitFor(
      async () => {
        const found = await ask(serve, key);
        return found.status === 200 && found.json<Connected>().backend_id === backend_id ? undefined : found;
      },
      'the lease of the key to run out',
      LEASE_DEADLINE_MS,
    );
    return { gate, serve, first: backend_id, answer, drone };
  }

  async function lostDroneSpawns(): Promise<void> {
    const { gate, serve, first, answer, drone } = await lostDrone('spawn', 'left');
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({ spawned: true });
    expect(answer.headers['x-jamdev-remark']).toContain(first);
    expect(answer.headers['x-jamdev-remark']).toContain(drone.name);
    expect(serve.log()).toContainEqual(expect.objectContaining({ level: 40, backend: first, drone: drone.name }));
    expect(await statusOf(serve, first)).toMatchObject(LOST);
    expect(await isContainerRunning(first)).toBe(true);
    gate.set('open');
    await untilContainerEnds(first);
    expect((await ask(serve, 'left')).headers['x-jamdev-remark']).toBeUndefined();
  }

  async function lostDroneWaits(): Promise<void> {
    const { gate, serve, first, answer, drone } = await lostDrone('wait', 'awaited');
    expect(answer.json(), answer.text).toMatchObject({
      error: { status: 503, code: 'HolderUnreachable', message: expect.stringContaining(drone.name) },
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    await untilStatus(serve, first, 'terminated', LEASE_DEADLINE_MS);
    expect(await statusOf(serve, first)).toMatchObject(LOST);
    expect((await ask(serve, 'awaited')).json()).toMatchObject({ error: { code: 'HolderUnreachable' } });
    expect(await isContainerRunning(first)).toBe(true);
    gate.set('open');
    const next = await connectAgain(serve, 'awaited');
    expect(next).toMatchObject({ spawned: true });
    expect(next.backend_id).not.toBe(first);
    expect(await isContainerRunning(first)).toBe(false);
  }

  /** A drone that is frozen past the lease of its keys, and continues. */
  async function frozenDrone(): Promise<void> {
    const drone = await startDrone(cluster);
    const serve = await startOn(drone, { drones: { [drone.name]: ENGINE_SOCKET } });
    const first = await connectReady(serve, 'frozen');
    expect((await send(first.url)).text).toBe('ok');
    await startDrone(cluster, { pool: drone.pool });
    const thaw = await freeze(drone.pid);
    const second = await waitFor(
      async () => {
        const found = await connect(serve, 'frozen');
        return found.backend_id === first.backend_id ? undefined : found;
      },
      'the key to have another holder',
      LEASE_DEADLINE_MS,
    );
    expect(second.spawned).toBe(true);
    expect(await isContainerRunning(first.backend_id)).toBe(false);
    expect(await statusOf(serve, first.backend_id)).toMatchObject(LOST);
    expect((await send(first.url)).status).not.toBe(200);
    thaw();
    await untilStatus(serve, second.backend_id, 'ready');
    expect((await send(second.url)).text).toBe('ok');
    expect((await send(first.url)).status).not.toBe(200);
    expect(await connect(serve, 'frozen')).toMatchObject({ backend_id: second.backend_id, spawned: false });
    expect(await statusOf(serve, first.backend_id)).toMatchObject(LOST);
  }

  test('whatever happens to the holder’s drone', () =>
    together({
      'a connect gives 503 when the holder takes longer to end than it waits': stillEnding,
      'the running container of an ended backend is killed': endedButRunning,
      'the backends of a silent drone are lost for good': silentDrone,
      'an unreachable drone is abandoned with a remark': lostDroneSpawns,
      'an unreachable drone is waited for if the policy says so': lostDroneWaits,
      'a drone frozen past the lease of its keys causes no second holder': frozenDrone,
    }));
});
