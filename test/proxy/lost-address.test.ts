import { expect, test } from 'vitest';
import { startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

// A container's address may belong to another container by the time a request is sent to it.

test.each([
  ['a plain request', 'GET', ''],
  ['an upload', 'POST', 'Content-Length: 6\r\n'],
  ['an upgrade', 'GET', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'],
])('%s gets an error, and the new owner of the address receives none of it', async (_what, method, headers) => {
  const proxy = await startRawProxy();
  proxy.loseAddress();
  const client = await proxy.open();
  client.send(`${method} ${proxy.tokenPath}/secret HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
  if (headers.startsWith('Content')) client.send('secret');
  expect(await client.until(/\}$/)).toMatch(/^HTTP\/1\.1 502 /);
  await waitFor(() => proxy.backendConnections.every(({ hasEnded }) => hasEnded), 'the connections to be closed');
  expect(proxy.backendConnections.map(({ received }) => received)).toEqual(['']);
  expect(proxy.faults).toEqual([]);
});

test('an existing connection stays in use, because it cannot lead elsewhere', async () => {
  const proxy = await startRawProxy();
  const client = await proxy.open();
  client.send(`GET ${proxy.tokenPath}/1 HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await client.until(/ok$/);
  proxy.loseAddress();
  client.received = '';
  client.send(`GET ${proxy.tokenPath}/2 HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  expect(await client.until(/ok$/)).toMatch(/^HTTP\/1\.1 200 /);
  expect(proxy.backendConnections).toHaveLength(1);
});
