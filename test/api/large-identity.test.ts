import { expect, test } from 'vitest';
import { shareServer } from '../support/dev-server.js';
import { post, send } from '../support/http.js';
import { expectRefusal } from '../support/refusal.js';

const server = shareServer();

test.each([
  ['/v2/service/-/-/connect', 900_000],
  ['/v2/service/-/-/connect', 8_192],
  ['/v2/service/-/-/staging/connect', 8_192],
])('POST %s with %d bytes of auth is refused at once, and starts nothing', async (path, bytes) => {
  const answer = await post(`${server().apiUrl}${path}`, { user: 'ann', auth: { data: 'x'.repeat(bytes) } });
  expectRefusal(
    answer,
    400,
    'InvalidRequest',
    new RegExp(`\\(3 bytes\\).*\\(${bytes + 11} bytes as JSON\\).*8192 bytes`),
  );
  expect(server().parts.platform.backends).toEqual([]);
});

test('as much identity as is allowed reaches a Node.js backend', async () => {
  const auth = { data: '€'.repeat(2_720) };
  const user = 'x'.repeat(8_192 - Buffer.byteLength(JSON.stringify(auth)));
  const connected = await post(`${server().apiUrl}/v2/service/-/-/connect`, { user, auth });
  const answer = await send(connected.json<{ url: string }>().url);
  expect(answer.status, answer.text).toBe(200);
  const { headers } = answer.json<{ headers: Record<string, string> }>();
  expect(headers['x-verified-username']).toBe(user);
  expect(JSON.parse(Buffer.from(headers['x-verified-user-data'] ?? '', 'latin1').toString('utf8'))).toEqual(auth);
  await server().parts.platform.terminateAll(true);
});
