import { expect, test } from 'vitest';
import { startServer, untilStatus } from '../support/dev-server.js';
import { openSocket, send } from '../support/http.js';
import { waitFor } from '../support/wait.js';

const PATH = '/v2/service/-/-/connect';
/** The same endpoint in a spelling that only Express matches. */
const BY_EXPRESS = '/V2/service/-/-/connect';

const BODIES: [what: string, head: string, body: string][] = [
  ['a key', '', '{"key":"held"}'],
  ['a key and identity', '', '{"key":"held","user":"ann","auth":{"a":[1]}}'],
  ['nothing', '', ''],
  ['an empty object', '', '{}'],
  ['a byte order mark', '', '\ufeff{"key":"held"}'],
  ['a byte order mark alone', '', '\ufeff'],
  ['JSON that is not an object', '', '[]'],
  ['a number', '', '1'],
  ['null', '', 'null'],
  ['invalid JSON', '', '{"key":'],
  ['white space', '', ' \n'],
  ['a key of the wrong type', '', '{"key":1}'],
  ['an empty key', '', '{"key":""}'],
  ['a prototype', '', '{"__proto__":{"key":"held"},"key":"held"}'],
  ['spawn: false for a free key', '', '{"key":"free","spawn":false}'],
  ['a reserved variable', '', '{"key":"held","spawn":{"executable":{"env":{"PORT":"1"}}}}'],
  ['bytes that are not UTF-8', '', '{"key":"\udcff"}'],
  ['a content type of forms', 'content-type: application/x-www-form-urlencoded\r\n', '{"key":"held"}'],
  ['a content type with a charset', 'content-type: application/json; charset=utf-8\r\n', '{"key":"held"}'],
  ['an unknown charset', 'content-type: application/json; charset=x\r\n', '{"key":"held"}'],
  ['a coding that is unknown', 'content-encoding: x\r\n', '{"key":"held"}'],
  ['a foreign host', 'host: evil.example\r\n', '{"key":"held"}'],
  ['two hosts', 'host: localhost\r\nhost: localhost\r\n', '{"key":"held"}'],
  ['a foreign page', 'origin: https://evil.example\r\n', '{"key":"held"}'],
  ['an own page', 'origin: http://localhost:3000\r\n', '{"key":"held"}'],
  ['a page without an origin', 'sec-fetch-site: cross-site\r\n', '{"key":"held"}'],
  ['a large body', '', `{"key":"held","user":"${'x'.repeat(3_000)}"}`],
  ['a body that is too large', '', `{"key":"held","user":"${'x'.repeat(1_100_000)}"}`],
];

test('a connect gets the same answer with and without Express', async () => {
  const server = await startServer();
  const { backend_id } = await server.connect({ key: 'held' });
  await untilStatus(server, backend_id, 'ready');
  for (const [what, head, body] of BODIES) {
    const bytes = body.includes('\udcff') ? Buffer.from(body.replace('\udcff', '\xff'), 'latin1') : Buffer.from(body);
    const whole = `${head}content-length: ${bytes.length}\r\n`;
    const ask = (path: string) => answerTo(server.apiUrl, `POST ${path}`, whole, bytes);
    const [direct, byExpress] = [await ask(PATH), await ask(BY_EXPRESS)];
    expect(direct, what).toMatch(/^HTTP\/1\.1 \d/);
    expect({ what, answer: withoutNewBackend(direct) }).toEqual({ what, answer: withoutNewBackend(byExpress) });
  }
}, 60_000);

const HEADS: [what: string, head: string][] = [
  ['a body', 'content-length: 2\r\n\r\n{}'],
  ['a foreign host', 'host: evil.example\r\n'],
  ['a foreign page', 'origin: https://evil.example\r\n'],
  ['an own page', 'origin: http://localhost:3000\r\n'],
  ['a page without an origin', 'sec-fetch-site: cross-site\r\n'],
];

test('so do requests that only read', async () => {
  const server = await startServer();
  const { backend_id: id } = await server.connect({ key: 'held' });
  await untilStatus(server, id, 'ready');
  const { backend_id: ended } = await server.connect({ key: 'ended' });
  await send(`${server.apiUrl}/v2/backend/${ended}/terminate`, { body: '{"hard":true}' });
  await untilStatus(server, ended, 'terminated');
  const paths = [
    '/auth',
    '/auth?any=thing&any=%E4',
    '/auth/',
    '/_jamdev/info',
    '/_jamdev/backends',
    '/_jamdev/backends?',
    '/_jamdev/backends?earlier=false',
    '/_jamdev/backends?earlier=maybe',
    `/v2/backend/${id}`,
    `/v2/backend/${id}/status`,
    `/v2/backend/${id}%00/status`,
    `/v2/backend/${id}%E4/status`,
    '/v2/backend/none/status',
    `/v2/backend/${ended}/status/stream`,
    '/v2/backend/none/status/stream',
  ];
  const compare = async (method: string, path: string, what: string, head = '') => {
    const byExpress = path.replace(/^\/(auth|_jamdev|v2)/, (first) => first.toUpperCase());
    const ask = async (target: string) =>
      withoutLength(await answerTo(server.apiUrl, `${method} ${target}`, head), path);
    const [answer, other] = await Promise.all([ask(path), ask(byExpress)]);
    expect(answer, `${method} ${path} with ${what}`).toMatch(/^HTTP\/1\.1 \d/);
    const expected = other.replaceAll(pathIn(byExpress), pathIn(path));
    expect({ method, path, what, answer }).toEqual({ method, path, what, answer: expected });
  };
  for (const path of paths) {
    await Promise.all(['GET', 'HEAD', 'POST', 'OPTIONS'].map((method) => compare(method, path, 'nothing unusual')));
  }
  for (const [what, head] of HEADS) {
    await Promise.all(['/auth', `/v2/backend/${id}/status`].map((path) => compare('GET', path, what, head)));
  }
}, 60_000);

/** The path, which errors quote. */
function pathIn(target: string): string {
  return target.split('?')[0] as string;
}

/** The answer of a server without the parts that always differ. */
async function answerTo(apiUrl: string, start: string, head: string, body?: Buffer): Promise<string> {
  const { socket, received } = await openSocket(apiUrl);
  const host = /^host:/.test(head) ? '' : 'host: localhost\r\n';
  socket.write(`${start} HTTP/1.1\r\n${host}connection: close\r\n${head}${head.includes('\r\n\r\n') ? '' : '\r\n'}`);
  if (body !== undefined) socket.write(body);
  await waitFor(() => socket.destroyed || socket.readableEnded, 'the answer');
  socket.destroy();
  return received()
    .replace(/\r\nDate: [^\r]*/i, '')
    .replace(/"id":"\w+"/, '')
    .replaceAll(/[A-Za-z0-9_-]{43}/g, 'TOKEN')
    .replaceAll(/"(memory|cpu|watching|warm)":[^,}]+/g, '"$1":0');
}

/** Answers about jamdev and about the usage of backends vary, and so does their length. */
function withoutLength(answer: string, path: string): string {
  return path.startsWith('/_jamdev/') ? answer.replace(/\r\ncontent-length: \d+/, '') : answer;
}

/** Each connect without a key spawns a backend. */
function withoutNewBackend(answer: string): string {
  return answer.includes('"spawned":true') ? answer.replaceAll(/\b[a-z][a-z0-9]{13}\b/g, 'BACKEND') : answer;
}
