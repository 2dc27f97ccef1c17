import { expect, test } from 'vitest';
import { onDev } from '../support/api/dev-api.js';
import { shareServer } from '../support/dev-server.js';
import { post, send } from '../support/http.js';
import { largeIdentity } from './suites/large-identity.js';

const server = shareServer();

onDev(largeIdentity);

test('the largest allowed identity reaches a Node.js backend', async () => {
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
