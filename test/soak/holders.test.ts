import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished, test as plainTest } from 'vitest';
import { waitFor } from '../support/wait.js';
import { HolderRecorder } from './holders.js';

const test = plainTest.extend<{ recorder: HolderRecorder }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest requires a pattern here
  recorder: async ({}, use) => {
    const recorder = await HolderRecorder.listen();
    await use(recorder);
    recorder.close();
  },
});

/** Reports a key as a backend does, and answers whenever it is asked whether it is alive. */
async function hold(recorder: HolderRecorder, key: string, backend: string, tag = 'soak-1'): Promise<Socket> {
  const socket = connect(recorder.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`${JSON.stringify({ key, backend, tag, port: 1 })}\n`);
  await once(socket, 'data');
  socket.on('data', () => socket.write('alive\n'));
  return socket;
}

test('two living processes with one key are double holders, whichever life of the dev server they began in', async ({
  recorder,
  expect,
}) => {
  await hold(recorder, 'doc-1', 'a');
  await hold(recorder, 'doc-1', 'b', 'soak-2');
  await waitFor(() => recorder.doubles.length > 0, 'the double holder');
  expect(recorder.doubles).toEqual(['doc-1: a (soak-1) lived when b (soak-2) started']);
});

test('consecutive processes, other keys and other soaks are not double holders', async ({ recorder, expect }) => {
  const first = await hold(recorder, 'doc-1', 'a');
  first.destroy();
  await once(first, 'close');
  await hold(recorder, 'doc-1', 'b');
  await hold(recorder, 'doc-2', 'c');
  await hold(recorder, 'doc-1', 'd', 'other-1');
  // The answer to an earlier question would come before this, so there was none.
  const last = await hold(recorder, 'doc-3', 'e');
  await hold(recorder, 'doc-3', 'f');
  await waitFor(() => recorder.doubles.length > 0, 'the double holder');
  expect(recorder.doubles).toEqual(['doc-3: e (soak-1) lived when f (soak-1) started']);
  expect(recorder.reports).toBe(6);
  last.destroy();
});

test('a process that ended just before its successor started is not one, even if that is noticed later', async ({
  recorder,
  expect,
}) => {
  const first = await hold(recorder, 'doc-1', 'a');
  // Its end and its successor's report are sent at the same time.
  first.resetAndDestroy();
  await hold(recorder, 'doc-1', 'b');
  await hold(recorder, 'doc-2', 'c');
  await hold(recorder, 'doc-2', 'd');
  await waitFor(() => recorder.doubles.length > 0, 'the double holder');
  expect(recorder.doubles).toEqual(['doc-2: c (soak-1) lived when d (soak-1) started']);
});
