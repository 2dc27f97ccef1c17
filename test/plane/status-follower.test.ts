import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Status } from '../../src/contract/status.js';
import { ControllerClient } from '../../src/plane/controller-client.js';
import { StatusFollower } from '../../src/plane/status-follower.js';
import { findPublic, insertBackend } from '../../src/store/backends.js';
import { newBackend } from '../store/support.js';
import { HandClock } from '../support/hand-clock.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait.js';

/** A controller that knows one backend, and whose streams omit what it does not announce. */
async function startController() {
  const history: Status[] = ['scheduled'];
  const streams = new Set<ServerResponse>();
  const requests: (string | undefined)[] = [];
  const toJson = (status: Status) => JSON.stringify({ status, time: 1_000 * (history.indexOf(status) + 1) });
  const server = createServer((request, response) => {
    if (!request.url?.endsWith('/status-stream')) return void response.end(toJson(history.at(-1) as Status));
    const after = request.headers['last-event-id'] as Status | undefined;
    requests.push(after);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(':\n\n');
    streams.add(response);
    for (const status of history.slice(after === undefined ? 0 : history.indexOf(after) + 1)) send(response, status);
  });
  const send = (response: ServerResponse, status: Status) =>
    response.write(`id: ${status}\ndata: ${toJson(status)}\n\n`);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    requests,
    client: new ControllerClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    reach(status: Status, { announced }: { announced: boolean }) {
      history.push(status);
      if (announced) for (const response of streams) send(response, status);
    },
  };
}

describePostgres('following the statuses of a backend', () => {
  const postgres = usePostgres();

  async function follow() {
    const store = await openTestStore(await postgres.createDatabase());
    await insertBackend(store, newBackend({ id: 'b1' }));
    const controller = await startController();
    const clock = new HandClock();
    const ended: string[] = [];
    const recordEnd = async (id: string) => void ended.push(id);
    const follower = new StatusFollower({ controller: controller.client, store, clock, name: 'f1', recordEnd });
    follower.start();
    onTestFinished(() => follower.close());
    const statuses = async () => (await findPublic(store, 'b1'))?.history.map(({ status }) => status);
    const untilStatus = (status: Status) =>
      waitFor(async () => (await statuses())?.includes(status), `the status ${status}`);
    await waitFor(() => controller.requests.length === 1, 'the first stream');
    return { controller, clock, ended, statuses, untilStatus };
  }

  test('statuses that a stream skipped are written before its next one', async () => {
    const { controller, ended, statuses, untilStatus } = await follow();
    controller.reach('loading', { announced: true });
    await untilStatus('loading');
    controller.reach('starting', { announced: false });
    controller.reach('waiting', { announced: false });
    controller.reach('ready', { announced: true });
    await untilStatus('ready');
    controller.reach('terminating', { announced: false });
    controller.reach('terminated', { announced: true });
    await untilStatus('terminated');
    expect(await statuses()).toEqual([
      ...['scheduled', 'loading', 'starting', 'waiting', 'ready', 'terminating', 'terminated'],
    ]);
    expect(controller.requests).toEqual(['scheduled', 'loading', 'ready']);
    expect(ended).toEqual(['b1']);
  });

  test.each<[Status[], Status, number]>([
    [['loading', 'starting', 'waiting'], 'ready', 2_000],
    [['loading', 'starting', 'waiting', 'ready'], 'terminated', 20_000],
    [['loading', 'starting', 'waiting', 'ready', 'terminating'], 'terminated', 2_000],
  ])('after %j, %s is found within %d ms without a stream', async (before, skipped, ms) => {
    const { controller, clock, statuses, untilStatus } = await follow();
    for (const status of before) {
      controller.reach(status, { announced: true });
      await untilStatus(status);
    }
    controller.reach(skipped, { announced: false });
    clock.turn(ms - 1);
    expect(controller.requests).toEqual(['scheduled']);
    clock.turn(1);
    await untilStatus(skipped);
    expect(await statuses()).toEqual(['scheduled', ...before, skipped]);
    expect(new Set(controller.requests)).toEqual(new Set(['scheduled', before.at(-1)]));
  });
});
