import fc from 'fast-check';
import { brokenHeader, bytes, chunked, cuts, honestHeader, largeHeader, mostly } from './text.js';

/** What a client does: text is one character per byte, and `@ID@` and `@TOKEN@` are replaced when it is sent. */
export interface ClientScript {
  method: string;
  /** The target of the request that the backend must see. */
  rest: string;
  head: string;
  body: string;
  /** The maximum number of answers. */
  requests: number;
  cuts: number[];
  /** When it leaves: after this many pieces, with a reset or without. */
  leave: { after: number; reset: boolean } | null;
}

const METHODS = fc.constantFrom('GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH');
const ODD_METHODS = fc.constantFrom('CONNECT', 'TRACE', 'PURGE', 'M-SEARCH', 'get', 'FOO', '', 'GE T', 'PRI', 'QUERY');
const RESTS = fc.constantFrom(
  '',
  '',
  '?',
  '?a=b',
  '?a=%20&a',
  '/',
  '//',
  '/../x',
  '/%2e%2e/x',
  '/%00',
  '/a%zz',
  '/@:;,',
);
const ODD_RESTS = fc.oneof(fc.constantFrom('#f', '/\xe9', '/"<>\\^`{|}', '?\xff', '/?#?'), bytes(6));

const TARGETS = fc.constantFrom('/@TOKEN@');
const ODD_TARGETS = fc.constantFrom(
  'http://localhost/@TOKEN@',
  'http://evil.example/@TOKEN@',
  'ws://localhost/@TOKEN@',
  '/unknown',
  `/${'A'.repeat(43)}`,
  '//@TOKEN@',
  '@TOKEN@',
  '*',
  'localhost:80',
);

const VERSIONS = fc.constantFrom('HTTP/1.1');
const ODD_VERSIONS = fc.constantFrom(
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/1.10',
  '',
);

const HOSTS = fc.constantFrom('Host: localhost');
const ODD_HOSTS = fc.constantFrom(
  '',
  'Host:',
  'Host: evil.example',
  'Host: localhost\r\nHost: evil.example',
  'Host: nobody.localhost',
  'Host: localhost:x',
  'Host: [::1',
  'Host: \xff',
);

const SPELLINGS = [
  'x-verified-username',
  'X-Verified-Username',
  'X_Verified_Username',
  'x-verified_username',
  'X_VERIFIED-USER-DATA',
  'x_verified_path',
  'x-verified-backend',
  'x-verified-secret',
  'x-verified-',
  'X-Forwarded-For',
  'x-forwarded-proto',
  'X-Forwarded-Host',
  'X_Forwarded_For',
];
const SPOOFS = fc.constantFrom(...SPELLINGS).map((name) => `${name}: SPOOF`);

/** Headers meant for a proxy and not for the other end. */
const MEANINGFUL = fc.constantFrom(
  'Trailer: x',
  'Trailer: x-verified-username',
  'Trailer: content-length, host',
  'TE: trailers',
  'TE: trailers, deflate',
  'Expect: 100-continue',
  'Expect: something',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: keep-alive, x-verified-username, x-verified-secret',
  'Connection: X-Verified-Path, x-forwarded-for',
  'Connection: host, content-length, transfer-encoding',
  'Connection: upgrade',
  'Connection: \xe9',
  'Keep-Alive: timeout=1, max=1',
  'Proxy-Connection: keep-alive',
  'Proxy-Authorization: Basic SPOOF',
  'Max-Forwards: 0',
  'Via: 1.0 SPOOF',
  'Accept: text/html',
  'Origin: https://evil.example',
  'Sec-Fetch-Site: cross-site',
  'Range: bytes=0-1',
  'If-None-Match: *',
  'Date: SPOOF',
  'Access-Control-Request-Method: POST',
);

const WEBSOCKET =
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
const UPGRADES = fc.constantFrom(
  WEBSOCKET,
  WEBSOCKET,
  'Upgrade: foo\r\nConnection: Upgrade',
  'Upgrade: foo, websocket\r\nConnection: upgrade, keep-alive',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Upgrade: foo, h2c\r\nConnection: Upgrade',
  'Upgrade: TLS/1.0\r\nConnection: Upgrade',
  'Upgrade: HTTP/2.0\r\nConnection: Upgrade',
  'Upgrade: websocket',
  'Upgrade:\r\nConnection: Upgrade',
  'Upgrade: \xe9\r\nConnection: Upgrade',
  'Upgrade: websocket\r\nUpgrade: h2c\r\nConnection: Upgrade',
  'Upgrade: websocket\r\nConnection: Upgrade, x-verified-username',
);

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nX-Verified-Username: SPOOF\r\n\r\n';
const BODIES = fc.oneof(
  fc.constantFrom('', 'a', 'hello', SMUGGLED, `${SMUGGLED}${SMUGGLED}`, 'x'.repeat(5_000), 'x'.repeat(80_000)),
  bytes(60),
);

interface Framed {
  headers: string[];
  /** As it is sent. */
  body: string;
}

const FRAMINGS: fc.Arbitrary<Framed> = BODIES.chain((body) => {
  const right = fc.constantFrom<Framed>(
    { headers: [`Content-Length: ${body.length}`], body },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body.slice(0, 3), body.slice(3)], '\r\n') },
    { headers: ['Transfer-Encoding: chunked', 'Trailer: X-After'], body: chunked([body], 'X-After: b\r\n\r\n') },
  );
  const spoofed = SPELLINGS.map((name) => `${name}: SPOOF`).join('\r\n');
  const wrong = fc.constantFrom<Framed>(
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], `${spoofed}\r\n\r\n`) },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], 'Content-Length: 5\r\nHost: SPOOF\r\n\r\n') },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], 'a\x01: b\r\n\r\n') },
    { headers: ['Transfer-Encoding: chunked'], body: chunked([body], '') },
    { headers: ['Transfer-Encoding: chunked'], body: `5;ext="a\r\nb"\r\nhello\r\n0\r\n\r\n` },
    { headers: ['Transfer-Encoding: chunked'], body: `5;ext=b\r\nhello\r\n0;last\r\n\r\n` },
    { headers: ['Transfer-Encoding: chunked'], body: `zz\r\n${body}` },
    { headers: ['Transfer-Encoding: chunked'], body: `FFFFFFFFFFFFFFFFF\r\n${body}` },
    { headers: ['Transfer-Encoding: chunked', `Content-Length: ${body.length}`], body: chunked([body], '\r\n') },
    { headers: [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], body },
    { headers: ['Transfer-Encoding: xchunked'], body },
    { headers: ['Transfer-Encoding: chunked, identity'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: gzip, chunked'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding:\x0bchunked'], body: chunked([body], '\r\n') },
    { headers: ['Transfer-Encoding: gzip'], body },
    { headers: ['Transfer_Encoding: chunked'], body: chunked([body], '\r\n') },
    { headers: [`Content-Length: ${body.length + 3}`], body },
    { headers: [`Content-Length: ${Math.max(0, body.length - 3)}`], body },
    { headers: [`Content-Length: +${body.length}`], body },
    { headers: [`Content-Length: ${body.length}, ${body.length}`], body },
    { headers: [`Content-Length: ${body.length}`, `Content-Length: ${body.length}`], body },
    { headers: ['Content-Length: -1'], body },
    { headers: ['Content-Length: 99999999999999999999'], body },
    { headers: ['Content-Length:'], body },
    { headers: [], body },
  );
  return mostly(right, wrong, 4);
});

const NO_BODY = fc.constant({ headers: [] as string[], body: '' });
const BEHIND = fc.constantFrom(
  '',
  '',
  '',
  '',
  '',
  SMUGGLED,
  '\r\n',
  '\0\0\0',
  'GET /@TOKEN@/p@ID@ HTTP/1.1\r\nHost: localhost\r\n\r\n',
);

/** Everything that a client may do to the proxy, from a plain request to an attack. */
export const clientScripts: fc.Arbitrary<ClientScript> = fc
  .record({
    method: mostly(METHODS, ODD_METHODS, 12),
    target: mostly(TARGETS, ODD_TARGETS, 14),
    rest: mostly(RESTS, ODD_RESTS, 10),
    version: mostly(VERSIONS, ODD_VERSIONS, 12),
    host: mostly(HOSTS, ODD_HOSTS, 16),
    upgrade: mostly(
      fc.constant<string[]>([]),
      UPGRADES.map((each) => [each]),
      5,
    ),
    headers: fc.array(
      fc.oneof(
        { weight: 8, arbitrary: honestHeader },
        { weight: 5, arbitrary: MEANINGFUL },
        { weight: 4, arbitrary: SPOOFS },
        { weight: 1, arbitrary: brokenHeader },
        { weight: 1, arbitrary: largeHeader },
      ),
      { maxLength: 4 },
    ),
    framing: mostly(NO_BODY, FRAMINGS, 1),
    behind: BEHIND,
    lineEnd: mostly(fc.constant('\r\n'), fc.constantFrom('\n', '\r', '\r\r\n'), 30),
    cuts,
    leave: mostly(fc.constant(null), fc.record({ after: fc.nat(4), reset: fc.boolean() }), 8),
  })
  .map(({ method, target, rest, version, host, upgrade, headers, framing, behind, lineEnd, cuts, leave }) => {
    const lines = [`${method} ${target}/x@ID@${rest} ${version}`];
    const behindToken = /^\/@TOKEN@(.*)$/.exec(target)?.[1] ?? '';
    if (host !== '') lines.push(host);
    lines.push(...upgrade, ...headers, ...framing.headers);
    const head = `${lines.join(lineEnd)}${lineEnd}${lineEnd}`;
    const requests = behind.startsWith('GET /') ? 2 : 1;
    return {
      method,
      rest: `${behindToken}/x@ID@${rest}`,
      head,
      body: `${framing.body}${behind}`,
      requests,
      cuts,
      leave,
    };
  });
