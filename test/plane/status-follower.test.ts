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

/** A controller that knows one backend, and whose streams miss what it does not announce. */
async function startController() {
  const history: Status[] = ['scheduled'];
  const streams = new Set<ServerResponse>();
  const asked: (string | undefined)[] = [];
  const toJson = (status: Status) => JSON.stringify({ status, time: 1_000 * (history.indexOf(status) + 1) });
  const server = createServer((request, response) => {
    if (!request.url?.endsWith('/status-stream')) return void response.end(toJson(history.at(-1) as Status));
    const after = request.headers['last-event-id'] as Status | undefined;
    asked.push(after);
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
    asked,
    client: new ControllerClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    reach(status: Status, { announced }: { announced: boolean }) {
      history.push(status);
      if (announced) for (const response of streams) send(response, status);
    },
  };
}

describePostgres('following the statuses of a backend', () => {
  const postgres = usePostgres();

  test('a status that a stream did not bring is found all the same', async () => {
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
    await waitFor(() => controller.asked.length === 1, 'the first stream');
    controller.reach('ready', { announced: true });
    await waitFor(async () => (await statuses())?.includes('ready'), 'a status that was announced');
    controller.reach('hard-terminating', { announced: false });
    controller.reach('terminated', { announced: false });
    clock.turn(20_000);
    await waitFor(async () => (await statuses())?.includes('terminated'), 'those that were not');
    expect(await statuses()).toEqual(['scheduled', 'ready', 'hard-terminating', 'terminated']);
    expect(controller.asked).toEqual(['scheduled', 'ready']);
    expect(ended).toEqual(['b1']);
  });
});
