import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { freeze } from '../support/drones.js';
import { post, send } from '../support/http.js';
import { freezePostgres } from '../support/postgres.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  type TestCluster,
  useCluster,
} from '../support/serve.js';
import { together } from '../support/together.js';
import { waitFor } from '../support/wait.js';

/** Sessions live no longer than the leases of their keys, at most 60 s. */
const LEASE_DEADLINE_MS = 150_000;
const SHORT_MS = 5_000;

interface Connected {
  backend_id: string;
  spawned: boolean;
  url: string;
}

function ask(serve: ServeRun) {
  return post(`${serve.url}/v2/service/acme/default/connect`, { key: 'doc' });
}

/** Connects as a client that retries as long as it gets 503. */
function connectAgain(serve: ServeRun): Promise<Connected> {
  return waitFor(
    async () => {
      const answer = await ask(serve);
      if (answer.status !== 503) expect(answer.status, answer.text).toBe(200);
      return answer.status === 200 ? answer.json<Connected>() : undefined;
    },
    'connects to work again',
    LEASE_DEADLINE_MS,
  );
}

async function statusOf(serve: ServeRun, id: string): Promise<Record<string, unknown>> {
  return (await send(`${serve.url}/v2/backend/${id}/status`)).json();
}

function untilStatus(serve: ServeRun, id: string, status: string): Promise<unknown> {
  const isReached = async () => (await statusOf(serve, id)).status === status;
  return waitFor(isReached, `${id} to be ${status}`, LEASE_DEADLINE_MS);
}

/** The folder of a cluster. */
function folderOf({ plane }: TestCluster): string {
  return dirname(new URL(plane.databaseUrl).searchParams.get('host') ?? '');
}

/** The guarantees for sessions during a short and a long outage of a part that all of them need. */
async function goesAway(cluster: TestCluster, takeAway: () => Promise<() => void>, code: string): Promise<void> {
  const serve = await startServe(cluster);
  const session = await connectAgain(serve);
  await untilStatus(serve, session.backend_id, 'ready');
  expect((await send(session.url)).text).toBe('ok');

  const bringBack = await takeAway();
  const until = performance.now() + SHORT_MS;
  await waitFor(async () => {
    expect((await send(session.url)).text).toBe('ok');
    return performance.now() > until;
  }, 'the short outage to be over');
  bringBack();
  expect(await connectAgain(serve)).toMatchObject({ backend_id: session.backend_id, spawned: false });
  expect(await statusOf(serve, session.backend_id)).toMatchObject({ status: 'ready' });
  expect((await send(session.url)).text).toBe('ok');

  const bringBackAtLast = await takeAway();
  const refused = await ask(serve);
  expect(refused.json(), refused.text).toMatchObject({ error: { status: 503, code } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await send(`${serve.url}/readyz`)).status).toBe(503);
  expect((await send(`${serve.url}/healthz`)).status).toBe(200);
  await waitFor(
    async () => !(await isContainerRunning(session.backend_id)),
    'the session to end with its lease',
    LEASE_DEADLINE_MS,
  );
  bringBackAtLast();
  // Before another client connects with its key, because that would make the backend a lost one.
  await untilStatus(serve, session.backend_id, 'terminated');
  expect(await statusOf(serve, session.backend_id)).toMatchObject({ termination_reason: 'keyexpired' });
  const next = await connectAgain(serve);
  expect(next).toMatchObject({ spawned: true });
  expect((await send(next.url)).text).toBe('ok');
  await waitFor(async () => (await send(`${serve.url}/readyz`)).status === 200, 'all to be ready', START_DEADLINE_MS);
}

describeServe('jamdev serve: outages of a part that all sessions need', () => {
  const first = useCluster();
  const second = useCluster();

  test('sessions survive a short one; a long one ends them and connects give 503 until it is over, without a restart', () =>
    together({
      'all controllers': () =>
        goesAway(
          first,
          () => freeze(Number(readFileSync(join(folderOf(first), 'controller.pid'), 'utf8'))),
          'ControllerUnavailable',
        ),
      PostgreSQL: () => goesAway(second, () => freezePostgres(folderOf(second)), 'DatabaseUnavailable'),
    }));
});
