import { exchangeTable, type Rows } from '../stage/scenario.js';

const asking = (...lines: string[]) =>
  `GET {path}/ HTTP/1.1\r\nHost: {host}\r\n${lines.map((line) => `${line}\r\n`).join('')}`;
const HEAD = asking('Upgrade: websocket', 'Connection: Upgrade');
const WEBSOCKET = asking(
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: chat, superchat',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  'Origin: http://localhost:3000',
);
const ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const REFUSED = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';

/** The client sends first, and closes once it has an answer. */
const talk = (head: string, accepted: string): Rows[string] => ({
  send: [`${head}\r\n`, { await: '\r\n\r\n' }, 'ping', { await: 'pong' }, { close: 'end' }],
  answers: [{ pieces: [`${accepted}\r\n`, { until: 'ping' }, 'pong'], ending: 'end' }],
  until: 'closed',
});
const accepting = (protocol: string) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n`;
const upgrading = (protocol: string) =>
  talk(asking(`Upgrade: ${protocol}`, 'Connection: Upgrade'), accepting(protocol));
const refusing = (...pieces: string[]): Rows[string] => ({ send: `${HEAD}\r\n`, answers: [{ pieces }] });

/** Requests for an upgrade of the connection. */
export const upgrades = exchangeTable('upgrades', {
  accepted: talk(HEAD, ACCEPTED),
  'a WebSocket with subprotocols and extensions': talk(
    WEBSOCKET,
    `${ACCEPTED}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n`,
  ),
  'a WebSocket of version 8': talk(
    asking('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 8'),
    ACCEPTED,
  ),
  'names in capitals': talk(asking('UPGRADE: WEBSOCKET', 'CONNECTION: UPGRADE'), ACCEPTED),
  'names in lowercase': talk(asking('upgrade: websocket', 'connection: upgrade'), ACCEPTED),
  'an answer in capitals': talk(
    HEAD,
    'HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WEBSOCKET\r\nCONNECTION: UPGRADE\r\n',
  ),
  'Connection with more': talk(asking('Upgrade: websocket', 'Connection: keep-alive, Upgrade'), ACCEPTED),
  'Connection in two lines': {
    send: `${asking('Upgrade: websocket', 'Connection: keep-alive', 'Connection: Upgrade')}\r\n`,
    answers: [{ pieces: [`${ACCEPTED}\r\n`], ending: 'end' }],
  },
  'another reason': talk(HEAD, 'HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'),
  'headers with the acceptance': talk(HEAD, `${ACCEPTED}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-A: \xc3\xa9\r\n`),
  foo: upgrading('foo'),
  'foo/2': upgrading('foo/2'),
  h2c: `${asking('Upgrade: h2c', 'Connection: Upgrade')}\r\n`,
  TLS: `${asking('Upgrade: TLS/1.0', 'Connection: Upgrade')}\r\n`,
  'several protocols, the second accepted': talk(asking('Upgrade: foo, websocket', 'Connection: Upgrade'), ACCEPTED),
  'a protocol that nobody asked for': {
    send: `${asking('Upgrade: foo', 'Connection: Upgrade')}\r\n`,
    answers: [{ pieces: [`${accepting('bar')}\r\n`] }],
  },
  'accepted without Upgrade': {
    send: `${HEAD}\r\n`,
    answers: [{ pieces: ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'] }],
  },
  'accepted, with a length': talk(HEAD, `${ACCEPTED}Content-Length: 0\r\n`),
  'by POST': {
    send: [
      'POST {path}/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: foo\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
      { await: '\r\n\r\n' },
      'ping',
      { await: 'pong' },
      { close: 'end' },
    ],
    answers: [{ pieces: [`${accepting('foo')}\r\n`, { until: 'ping' }, 'pong'], ending: 'end' }],
    until: 'closed',
  },
  'with a user and forged headers': {
    ...(talk(
      asking('Upgrade: websocket', 'Connection: Upgrade', 'X-Verified-Username: eve', 'X-A: 1', 'X-A: 2'),
      ACCEPTED,
    ) as object),
    send: [
      `${asking('Upgrade: websocket', 'Connection: Upgrade', 'X-Verified-Username: eve', 'X-A: 1', 'X-A: 2')}\r\n`,
      { await: '\r\n\r\n' },
      'ping',
      { await: 'pong' },
      { close: 'end' },
    ],
    user: 'ann é',
    auth: { a: 1 },
  },
  'by HTTP/1.0': {
    send: 'GET {path}/ HTTP/1.0\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    answers: [{ pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'] }],
  },
  'early bytes of the backend': {
    send: [`${HEAD}\r\n`, { await: 'early' }, 'ping', { await: 'pong' }, { close: 'end' }],
    answers: [{ pieces: [`${ACCEPTED}\r\nearly`, { until: 'ping' }, 'pong'], ending: 'end' }],
    until: 'closed',
  },
  'early bytes of the client': {
    send: [`${HEAD}\r\nearly`, { await: 'pong' }, { close: 'end' }],
    answers: [{ pieces: [`${ACCEPTED}\r\n`, { until: 'early' }, 'pong'], ending: 'end' }],
    until: 'closed',
  },
  'bytes in both ways': {
    send: [
      `${HEAD}\r\n`,
      { await: '\r\n\r\n' },
      '\x00\xff1',
      { await: 'a\xff' },
      '2',
      { await: 'b' },
      '3',
      { await: 'c' },
      { close: 'end' },
    ],
    answers: [
      { pieces: [`${ACCEPTED}\r\n`, { until: '1' }, 'a\xff', { until: '2' }, 'b', { until: '3' }, 'c'], ending: 'end' },
    ],
    until: 'closed',
  },
  'many bytes': {
    send: [`${HEAD}\r\n`, { await: '\r\n\r\n' }, `${'x'.repeat(300_000)}!`, { await: '?' }, { close: 'end' }],
    answers: [{ pieces: [`${ACCEPTED}\r\n`, { until: '!' }, `${'y'.repeat(300_000)}?`], ending: 'end' }],
    until: 'closed',
  },
  'closed by the backend': {
    send: [`${HEAD}\r\n`, { await: 'bye' }],
    answers: [{ pieces: [`${ACCEPTED}\r\nbye`], ending: 'end' }],
    until: 'closed',
  },
  'closed by the client': {
    send: [`${HEAD}\r\n`, { await: '\r\n\r\n' }, 'bye', { close: 'end' }],
    answers: [{ pieces: [`${ACCEPTED}\r\n`], ending: 'open' }],
    until: 'closed',
  },
  'half-closed by the client, while the backend still sends': {
    send: [
      `${asking('Upgrade: foo', 'Connection: Upgrade')}\r\n`,
      { await: '\r\n\r\n' },
      'bye',
      { close: 'end' },
      { await: 'last' },
    ],
    answers: [{ pieces: [`${accepting('foo')}\r\n`, { until: 'bye' }, { waitMs: 300 }, 'last'], ending: 'end' }],
    until: 'closed',
  },
  refused: refusing(REFUSED),
  'refused without a body': refusing('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'),
  'refused in chunks': refusing('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n'),
  'refused with 200': refusing('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'refused with 426': refusing(
    'HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
  ),
  'refused with a redirect': refusing('HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n'),
  'refused, with cookies and CORS headers': refusing(
    'HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a=1\r\nAccess-Control-Allow-Origin: http://a\r\nContent-Length: 0\r\n\r\n',
  ),
  'answered with no HTTP': { send: `${HEAD}\r\n`, answers: [{ pieces: ['garbage\r\n\r\n'], ending: 'end' }] },
  'unanswered, and closed by the backend': { send: `${HEAD}\r\n`, answers: [{ pieces: [], ending: 'end' }] },
  'unanswered, and reset by the backend': { send: `${HEAD}\r\n`, answers: [{ pieces: [], ending: 'reset' }] },
  'unanswered, and left by the client': {
    send: [`${HEAD}\r\n`, { reaching: 1 }, { close: 'reset' }],
    answers: [{ pieces: [], ending: 'open' }],
    until: 'sent',
  },
  'to an unknown token': `GET /${'A'.repeat(43)}/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  'without a token': 'GET / HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'with another host':
    'GET {path}/ HTTP/1.1\r\nHost: other.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
});
