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

/** Reports a key as a backend does, and answers every question whether it lives. */
async function hold(recorder: HolderRecorder, key: string, backend: string, tag = 'soak-1'): Promise<Socket> {
  const socket = connect(recorder.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`${JSON.stringify({ key, backend, tag, port: 1 })}\n`);
  await once(socket, 'data');
  socket.on('data', () => socket.write('alive\n'));
  return socket;
}

test('two live processes with one key are double holders, in whatever life of the dev server they began', async ({
  recorder,
  expect,
}) => {
  await hold(recorder, 'doc-1', 'a');
  await hold(recorder, 'doc-1', 'b', 'soak-2');
  await waitFor(() => recorder.doubles.length > 0, 'the double holder');
  expect(recorder.doubles).toEqual(['doc-1: a (soak-1) lived when b (soak-2) started']);
});

test('a process after another, other keys and other soaks are none', async ({ recorder, expect }) => {
  const first = await hold(recorder, 'doc-1', 'a');
  first.destroy();
  await once(first, 'close');
  await hold(recorder, 'doc-1', 'b');
  await hold(recorder, 'doc-2', 'c');
  await hold(recorder, 'doc-1', 'd', 'other-1');
  // An answer to a question that was asked before comes before this: there was none.
  const last = await hold(recorder, 'doc-3', 'e');
  await hold(recorder, 'doc-3', 'f');
  await waitFor(() => recorder.doubles.length > 0, 'the double holder');
  expect(recorder.doubles).toEqual(['doc-3: e (soak-1) lived when f (soak-1) started']);
  expect(recorder.reports).toBe(6);
  last.destroy();
});

test('a process that ended just before its successor started is none, even if that is noticed later', async ({
  recorder,
  expect,
}) => {
  const first = await hold(recorder, 'doc-1', 'a');
  // Its end and the report of its successor are on their way at once.
  first.resetAndDestroy();
  await hold(recorder, 'doc-1', 'b');
  await hold(recorder, 'doc-2', 'c');
  await hold(recorder, 'doc-2', 'd');
  await waitFor(() => recorder.doubles.length > 0, 'the double holder');
  expect(recorder.doubles).toEqual(['doc-2: c (soak-1) lived when d (soak-1) started']);
});
