import { expect, test } from 'vitest';
import { startServer } from '../support/dev-server.js';
import { openSocket, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

// A body that no endpoint reads must not hide from the dev server that its client is gone.

const BODY = 'x'.repeat(200_000);
const STREAMS = [
  '/backend/ID/status/stream',
  '/v2/backend/ID/status/stream',
  '/v2/backend/ID/logs/stream',
  '/v2/backend/ID/metrics/stream',
  '/_jamdev/logs',
  '/_jamdev/logs?backend=ID',
];

test.each(STREAMS)('the connection of a client of %s that sent a large body and left is freed', async (path) => {
  const server = await startServer();
  const connected = await send(`${server.apiUrl}/v2/service/-/default/connect`, {
    method: 'POST',
    body: '{"key":"a"}',
  });
  const { backend_id: id } = connected.json<{ backend_id: string }>();
  const openSockets = () => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
  const before = openSockets();
  // More than the number of idle connections that may close in the meantime.
  for (let index = 0; index < 20; index += 1) {
    const { socket, received } = await openSocket(server.apiUrl);
    const head = `GET ${path.replace('ID', id)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BODY.length}\r\n\r\n`;
    socket.write(`${head}${BODY}`);
    await waitFor(() => received().startsWith('HTTP/1.1 200 '), 'the stream to begin');
    socket.destroy();
  }
  await waitFor(() => openSockets() <= before, 'both ends to be closed');
  expect((await send(`${server.apiUrl}/auth`, {})).status).toBe(200);
});
