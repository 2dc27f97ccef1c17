import { existsSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ControlSocket } from '../../../src/runtime/sdk/control-socket.js';
import type { Assignment } from '../../../src/runtime/sdk/messages.js';
import { makeTempFolder } from '../../support/project.js';
import { waitFor } from '../../support/wait.js';

const WARMED = '{"message":"Warmed"}\n';
const READY = '{"message":"Ready"}\n';
const ASSIGNMENT: Assignment = {
  backendId: 'abc',
  key: 'doc-1',
  fencingToken: 7,
  staticToken: null,
  env: { GREETING: 'grüße 🙂\n"x"' },
};

/** A control socket and its reports so far. */
async function open() {
  const reports: string[] = [];
  const folder = makeTempFolder();
  const path = join(folder, 's');
  const control = await ControlSocket.listen(
    { folder, path, mode: 0o600 },
    {
      warmed: () => reports.push('warmed'),
      ready: () => reports.push('ready'),
      hungUp: () => reports.push('hung up'),
    },
  );
  onTestFinished(() => control.close());
  return { control, reports, path };
}

/** A backend's end of the connection and what it has received. */
async function attach(path: string): Promise<{ socket: Socket; got: () => string; isClosed: () => boolean }> {
  const socket = connect(path);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  let [text, isClosed] = ['', false];
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  socket
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  onTestFinished(() => void socket.destroy());
  return { socket, got: () => text, isClosed: () => isClosed };
}

/** Sends bytes so that each arrives in its own chunk if the system allows. */
async function send(socket: Socket, ...chunks: (string | Buffer)[]): Promise<void> {
  for (const chunk of chunks) {
    await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits until everything sent so far has been read: a marker on another connection is read later. */
async function settle(path: string, reports: readonly string[], expected: readonly string[]): Promise<void> {
  await waitFor(() => reports.length >= expected.length, `the reports ${expected.join(', ')}`);
  const last = await attach(path);
  last.socket.end();
  await waitFor(() => last.isClosed(), 'a later connection to be handled');
  expect(reports).toEqual(expected);
}

test('a backend reports warmed, gets its assignment on one line, and reports ready', async () => {
  const { control, reports, path } = await open();
  const { socket, got } = await attach(path);
  await send(socket, WARMED);
  await settle(path, reports, ['warmed']);
  expect(control.progress).toBe('warmed');
  control.assign(ASSIGNMENT);
  await waitFor(() => got().endsWith('\n'), 'the assignment');
  expect(JSON.parse(got())).toEqual({
    message: {
      BackendAssignment: {
        backend_id: 'abc',
        key: 'doc-1',
        fencing_token: 7,
        static_token: null,
        env: ASSIGNMENT.env,
      },
    },
  });
  expect(got().split('\n')).toHaveLength(2);
  expect(control.progress).toBe('assigned');
  await send(socket, READY);
  await settle(path, reports, ['warmed', 'ready']);
});

test('only this user may connect, and the socket file is removed on closing', async () => {
  const { control, path } = await open();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { isClosed } = await attach(path);
  control.close();
  await waitFor(() => isClosed() && !existsSync(path), 'the socket to be gone');
  control.close();
});

test('an assignment of one megabyte arrives completely', async () => {
  const { control, reports, path } = await open();
  const { socket, got } = await attach(path);
  await send(socket, WARMED);
  await settle(path, reports, ['warmed']);
  const env = { LARGE: 'ü'.repeat(512 * 1024) };
  control.assign({ ...ASSIGNMENT, env });
  await waitFor(() => got().endsWith('\n'), 'the assignment');
  expect(JSON.parse(got()).message.BackendAssignment.env).toEqual(env);
});

describe('ignores', () => {
  test.each([
    ['an empty line', '\n\n\n'],
    ['invalid JSON', '{"message":"Warmed"\n}{\nundefined\n'],
    ['another message', '{"message":"Pong"}\n{"message":{"Warmed":true}}\n'],
    ['JSON that is not an object', '"Warmed"\nnull\n7\n["Warmed"]\n{"msg":"Warmed"}\n'],
    ['another spelling', '{"message":"warmed"}\n{"message":" Warmed"}\n'],
    ['a long line', `{"message":"Warmed","padding":"${'x'.repeat(5 * 1024 * 1024)}"}\n`],
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x80, 0x0a])],
  ])('%s', async (_, noise) => {
    const { control, reports, path } = await open();
    const { socket } = await attach(path);
    await send(socket, noise);
    await settle(path, reports, []);
    await send(socket, WARMED, noise);
    await settle(path, reports, ['warmed']);
    control.assign(ASSIGNMENT);
    await send(socket, noise, READY);
    await settle(path, reports, ['warmed', 'ready']);
  });

  test('a second Warmed, before and after the assignment, also from another connection', async () => {
    const { control, reports, path } = await open();
    const [first, second] = [await attach(path), await attach(path)];
    await send(first.socket, WARMED, WARMED);
    await send(second.socket, WARMED);
    await settle(path, reports, ['warmed']);
    control.assign(ASSIGNMENT);
    expect(() => control.assign(ASSIGNMENT)).toThrow();
    await send(first.socket, WARMED);
    await waitFor(() => first.got().endsWith('\n'), 'the assignment');
    await settle(path, reports, ['warmed']);
    expect(first.got().split('\n')).toHaveLength(2);
    expect(second.got()).toBe('');
    second.socket.destroy();
    await settle(path, reports, ['warmed']);
  });

  test('Ready before the assignment, but remembers it', async () => {
    const { control, reports, path } = await open();
    const { socket } = await attach(path);
    await send(socket, READY, WARMED, READY);
    await settle(path, reports, ['warmed']);
    expect(control.saidReadyTooEarly).toBe(true);
    control.assign(ASSIGNMENT);
    await settle(path, reports, ['warmed']);
    await send(socket, READY, READY);
    await settle(path, reports, ['warmed', 'ready']);
  });

  test('Ready from another connection than the one that reported warmed', async () => {
    const { control, reports, path } = await open();
    const [backend, other] = [await attach(path), await attach(path)];
    await send(backend.socket, WARMED);
    await settle(path, reports, ['warmed']);
    control.assign(ASSIGNMENT);
    await send(other.socket, READY);
    await settle(path, reports, ['warmed']);
  });
});

test('reports are the same however lines are split into chunks or joined', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(WARMED, READY, '\n', '{"message":"Ping"}\n', '{"a', '"}\r\n', '🙂\n'), {
        maxLength: 12,
      }),
      fc.array(fc.nat({ max: 40 }), { maxLength: 12 }),
      async (lines, cuts) => {
        const { control, reports, path } = await open();
        const { socket } = await attach(path);
        const bytes = Buffer.from(`${lines.join('')}\n${WARMED}`);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const length of cuts) {
          chunks.push(bytes.subarray(at, at + length));
          at += length;
        }
        await send(socket, ...chunks, bytes.subarray(at));
        await settle(path, reports, ['warmed']);
        control.assign(ASSIGNMENT);
        await send(socket, READY.slice(0, 5), READY.slice(5));
        await settle(path, reports, ['warmed', 'ready']);
        control.close();
      },
    ),
    { numRuns: 40 },
  );
});

describe('a connection that closes', () => {
  test('before any report is ignored', async () => {
    const { reports, path, control } = await open();
    const { socket } = await attach(path);
    socket.end('{"message":"War');
    await settle(path, reports, []);
    expect(control.wasConnected).toBe(true);
  });

  test.each([
    ['after Warmed', false],
    ['after the assignment, before Ready', true],
  ])('%s is reported', async (_, assigned) => {
    const { reports, path, control } = await open();
    const { socket } = await attach(path);
    await send(socket, WARMED);
    await settle(path, reports, ['warmed']);
    if (assigned) control.assign(ASSIGNMENT);
    socket.destroy();
    await settle(path, reports, ['warmed', 'hung up']);
  });

  test('after Ready is ignored', async () => {
    const { reports, path, control } = await open();
    const { socket } = await attach(path);
    await send(socket, WARMED);
    await settle(path, reports, ['warmed']);
    control.assign(ASSIGNMENT);
    await send(socket, READY);
    await settle(path, reports, ['warmed', 'ready']);
    socket.destroy();
    await settle(path, reports, ['warmed', 'ready']);
  });
});
