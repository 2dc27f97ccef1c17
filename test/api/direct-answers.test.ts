import { expect, test } from 'vitest';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openSocket } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const PATH = '/v2/service/-/-/connect';
/** The same endpoint, by a way that only Express knows. */
const BY_EXPRESS = '/V2/service/-/-/connect';

const BODIES: [what: string, head: string, body: string][] = [
  ['a key', '', '{"key":"held"}'],
  ['a key and identity', '', '{"key":"held","user":"ann","auth":{"a":[1]}}'],
  ['nothing', '', ''],
  ['an empty object', '', '{}'],
  ['a byte order mark', '', '\ufeff{"key":"held"}'],
  ['a byte order mark alone', '', '\ufeff'],
  ['JSON that is no object', '', '[]'],
  ['a number', '', '1'],
  ['null', '', 'null'],
  ['no JSON', '', '{"key":'],
  ['white space', '', ' \n'],
  ['a key of the wrong type', '', '{"key":1}'],
  ['an empty key', '', '{"key":""}'],
  ['a prototype', '', '{"__proto__":{"key":"held"},"key":"held"}'],
  ['spawn: false for a free key', '', '{"key":"free","spawn":false}'],
  ['a reserved variable', '', '{"key":"held","spawn":{"executable":{"env":{"PORT":"1"}}}}'],
  ['bytes that are not UTF-8', '', '{"key":"\udcff"}'],
  ['a content type of forms', 'content-type: application/x-www-form-urlencoded\r\n', '{"key":"held"}'],
  ['a content type with a charset', 'content-type: application/json; charset=utf-8\r\n', '{"key":"held"}'],
  ['a charset that is unknown', 'content-type: application/json; charset=x\r\n', '{"key":"held"}'],
  ['a coding that is unknown', 'content-encoding: x\r\n', '{"key":"held"}'],
  ['a foreign host', 'host: evil.example\r\n', '{"key":"held"}'],
  ['two hosts', 'host: localhost\r\nhost: localhost\r\n', '{"key":"held"}'],
  ['a foreign page', 'origin: https://evil.example\r\n', '{"key":"held"}'],
  ['an own page', 'origin: http://localhost:3000\r\n', '{"key":"held"}'],
  ['a page without an origin', 'sec-fetch-site: cross-site\r\n', '{"key":"held"}'],
  ['a large body', '', `{"key":"held","user":"${'x'.repeat(3_000)}"}`],
  ['a body that is too large', '', `{"key":"held","user":"${'x'.repeat(1_100_000)}"}`],
];

test('a connect is answered in the same way whether Express has it or not', async () => {
  const server = await startServer();
  const { backend_id } = await server.connect({ key: 'held' });
  await untilStatus(server, backend_id, 'ready');
  const ask = async (path: string, head: string, body: string) => {
    const { socket, received } = await openSocket(server.apiUrl);
    const host = /^host:/.test(head) ? '' : 'host: localhost\r\n';
    const bytes = body.includes('\udcff') ? Buffer.from(body.replace('\udcff', '\xff'), 'latin1') : Buffer.from(body);
    socket.write(`POST ${path} HTTP/1.1\r\n${host}${head}content-length: ${bytes.length}\r\nconnection: close\r\n\r\n`);
    socket.write(bytes);
    await waitFor(() => socket.destroyed || socket.readableEnded, 'the answer');
    socket.destroy();
    return received()
      .replace(/\r\nDate: [^\r]*/i, '')
      .replace(/"id":"\w+"/, '')
      .replaceAll(/[A-Za-z0-9_-]{43}/g, 'TOKEN');
  };
  for (const [what, head, body] of BODIES) {
    const [direct, byExpress] = [await ask(PATH, head, body), await ask(BY_EXPRESS, head, body)];
    expect(direct, what).toMatch(/^HTTP\/1\.1 \d/);
    expect({ what, answer: withoutNewBackend(direct) }).toEqual({ what, answer: withoutNewBackend(byExpress) });
  }
}, 60_000);

/** Connects without a key spawn a backend each. */
function withoutNewBackend(answer: string): string {
  return answer.includes('"spawned":true') ? answer.replaceAll(/\b[a-z][a-z0-9]{13}\b/g, 'BACKEND') : answer;
}
