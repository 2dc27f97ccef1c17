import fc from 'fast-check';
import { brokenHeader, bytes, chunked, cuts, honestHeader, largeHeader, mostly } from './text.js';

/** What a backend answers: text is one character per byte, and `@ID@` is replaced when it is sent. */
export interface AnswerScript {
  text: string;
  /** After the head of the request, or after all of it. */
  when: 'head' | 'body';
  cuts: number[];
  /** What then happens to the connection. */
  ending: 'keep' | 'end' | 'reset';
}

const STATUSES = fc
  .constantFrom(200, 200, 200, 200, 201, 204, 205, 206, 301, 304, 404, 413, 426, 500, 503, 599)
  .map(String);
const ODD_STATUSES = fc.constantFrom(
  '101',
  '000',
  '099',
  '100',
  '199',
  '600',
  '999',
  '1000',
  '20',
  '',
  'abc',
  '-1',
  '2e2',
);
const REASONS = fc.constantFrom('OK', '', 'Not Quite OK', 'caf\xe9', 'a\tb');
const ODD_REASONS = fc.constantFrom('a\x01b', 'a\x7fb', 'a\0b', 'a\rb', '\x1b[31m', 'a'.repeat(9_000));
const ODD_VERSIONS = fc.constantFrom('HTTP/1.0', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'ICY', '');

const INTERIM = fc.constantFrom(
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: a\x01b\r\nX-Fuzz: \xe9\r\n\r\n',
  'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n',
  'HTTP/1.1 199 a\x01b\r\nConnection: close\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 110 x\r\nTrailer: x\r\n\r\n',
);

const MEANINGFUL = fc.constantFrom(
  'Trailer: X-After',
  'Trailer: content-length',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: x-fuzz-id, content-length, transfer-encoding',
  'Connection: upgrade',
  'Connection: a\x01b',
  'Upgrade: foo',
  'Upgrade: h2c, websocket',
  'Keep-Alive: timeout=1',
  'Keep-Alive: timeout=0, max=0',
  'Proxy-Connection: close',
  'Date: never',
  'Server: own',
  'X-Plane-Backend-Id: SPOOF',
  'Access-Control-Allow-Origin: https://one.example',
  'Access_Control_Allow_Origin: *',
  'Set-Cookie: a=b\r\nSet-Cookie: c=d',
  Array.from({ length: 20 }, (_, index) => `Set-Cookie: c${index}=${'v'.repeat(1_500)}`).join('\r\n'),
  'Content-Encoding: gzip',
  'Location: /\xe9',
  'Alt-Svc: h2=":1"',
);

const UPGRADED = fc.constantFrom(
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nX-Latin: caf\xe9\r\nSet-Cookie: a=b',
  'Upgrade: foo\r\nConnection: Upgrade',
  'Upgrade: foo\r\nConnection: Upgrade\r\nContent-Length: 5',
  'Upgrade: foo\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\nTrailer: x',
  'Connection: Upgrade',
  '',
);

const BODIES = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'hello',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Fuzz-Id: SPOOF\r\n\r\n',
    'y'.repeat(70_000),
  ),
  bytes(60),
);

interface Framed {
  headers: string[];
  body: string;
}

const FRAMINGS: fc.Arbitrary<Framed> = BODIES.chain((body) => {
  const right = fc.constantFrom<Framed>(
    { headers: [`Content-Length: ${body.length}`], body },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body.slice(0, 3), body.slice(3)], '\r\n') },
    { headers: ['Transfer-Encoding: chunked', 'Trailer: X-After'], body: chunked([body], 'X-After: b\r\n\r\n') },
    { headers: [], body },
  );
  const wrong = fc.constantFrom<Framed>(
    { headers: ['Content-Length: 5', 'Trailer: X-After'], body: 'hello' },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], 'X-After: a\x01b\r\n\r\n') },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], 'Content-Length: 3\r\nX-Fuzz-Id: SPOOF\r\n\r\n') },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], '') },
    { headers: ['Transfer-Encoding: chunked'], body: `zz\r\n${body}` },
    { headers: ['Transfer-Encoding: chunked'], body: `5;ext="\x01"\r\nhello\r\n0\r\n\r\n` },
    { headers: ['Transfer-Encoding: chunked', `Content-Length: ${body.length}`], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: gzip'], body },
    { headers: ['Transfer-Encoding: gzip, chunked'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: chunked, gzip'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: identity'], body },
    { headers: [`Content-Length: ${body.length + 4}`], body },
    { headers: [`Content-Length: ${Math.max(0, body.length - 2)}`], body },
    { headers: [`Content-Length: ${body.length}`, `Content-Length: ${body.length}`], body },
    { headers: ['Content-Length: 3', 'Content-Length: 4'], body },
    { headers: ['Content-Length: -1'], body },
    { headers: ['Content-Length: 1e1'], body },
    { headers: ['Content-Length: 99999999999999999999'], body },
  );
  return mostly(right, wrong, 4);
});

const plain = fc
  .record({
    interim: mostly(fc.constant(''), INTERIM, 10),
    version: mostly(fc.constant('HTTP/1.1'), ODD_VERSIONS, 14),
    status: mostly(STATUSES, ODD_STATUSES, 8),
    reason: mostly(REASONS, ODD_REASONS, 14),
    headers: fc.array(
      fc.oneof(
        { weight: 8, arbitrary: honestHeader },
        { weight: 6, arbitrary: MEANINGFUL },
        { weight: 1, arbitrary: brokenHeader },
        { weight: 1, arbitrary: largeHeader },
      ),
      { maxLength: 4 },
    ),
    framing: FRAMINGS,
    lineEnd: mostly(fc.constant('\r\n'), fc.constantFrom('\n', '\r'), 40),
  })
  .map(({ interim, version, status, reason, headers, framing, lineEnd }) => {
    const lines = [`${version} ${status} ${reason}`, 'X-Fuzz-Id: @ID@', ...headers, ...framing.headers];
    return `${interim}${lines.join(lineEnd)}${lineEnd}${lineEnd}${framing.body}`;
  });

const upgraded = fc
  .tuple(
    mostly(fc.constant('Switching Protocols'), ODD_REASONS, 8),
    UPGRADED,
    fc.array(honestHeader, { maxLength: 2 }),
    BODIES,
  )
  .map(([reason, upgrade, headers, tunneled]) => {
    const lines = [`HTTP/1.1 101 ${reason}`, 'X-Fuzz-Id: @ID@', ...headers, ...(upgrade === '' ? [] : [upgrade])];
    return `${lines.join('\r\n')}\r\n\r\n${tunneled}`;
  });

/** Everything that a backend may answer. @param upgrade to a request that asks for an upgrade */
export function answerScripts(upgrade: boolean): fc.Arbitrary<AnswerScript> {
  const text = fc.oneof(
    { weight: 20, arbitrary: plain },
    { weight: upgrade ? 20 : 1, arbitrary: upgraded },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '\r\n', 'SSH-2.0-OpenSSH\r\n', '\x15\x03\x01\0\x02\x02\x50', 'HTTP/1.1'),
    },
    { weight: 1, arbitrary: bytes(80) },
  );
  return fc.record({
    text,
    when: mostly(fc.constant('body' as const), fc.constant('head' as const), 5),
    cuts,
    ending: fc.constantFrom('keep', 'keep', 'keep', 'end', 'end', 'reset'),
  });
}
