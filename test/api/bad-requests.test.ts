import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { onDev } from '../support/api/dev-api.js';
import { collectEvents, startServer } from '../support/dev-server.js';
import { openSocket, post, send } from '../support/http.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { badRequests } from './suites/bad-requests.js';

onDev(badRequests);

const CONNECT = '/v2/service/-/-/connect';

// Only inside the process can a test see how long a connect waits for the holder to end.
test('a client that gives up waiting for a key does not get a backend', async () => {
  const go = join(makeTempFolder(), 'go');
  const end = `setInterval(() => require('fs').existsSync('${go}') && process.exit(0), 10)`;
  const command = `node -e "process.on('SIGTERM', () => ${end}); require('http').createServer((q, s) => s.end()).listen(process.env.PORT)"`;
  const server = await startServer({ command });
  const faults = collectEvents(server, 'fault');
  const { backend_id: id, url } = await server.connect({ key: 'k' });
  await send(url);
  await post(`${server.apiUrl}/v2/backend/${id}/terminate`, {});
  const { socket, received } = await openSocket(server.apiUrl);
  // Both requests use one connection: once the first is answered, the second has arrived too.
  const connect = `POST ${CONNECT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 11\r\n\r\n{"key":"k"}`;
  socket.write(`GET /auth HTTP/1.1\r\nhost: localhost\r\n\r\n${connect}`);
  await waitFor(() => received().includes('accounts'), 'the first answer');
  socket.destroy();
  // Once this is answered, the dev server has noticed that the client is gone.
  expect((await send(`${server.apiUrl}/auth`)).status).toBe(200);
  writeFileSync(go, '');
  await server.parts.platform.backend(id).gone;
  expect((await send(`${server.apiUrl}/auth`)).status).toBe(200);
  expect(server.parts.platform.running).toEqual([]);
  expect(faults).toEqual([]);
});
