import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasTcpSockets } from '../../../src/runtime/docker/tcp-sockets.js';

describe.runIf(process.platform === 'linux')('the TCP sockets of a process', () => {
  test.each(['127.0.0.1', '0.0.0.0'])('include one that listens on %s', async (host) => {
    const server = createServer().listen(0, host);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect(hasTcpSockets(process.pid)).toBe(true);
  });
});

test('count as possibly listening if they can’t be read', () => {
  expect(hasTcpSockets(0)).toBe(true);
});
