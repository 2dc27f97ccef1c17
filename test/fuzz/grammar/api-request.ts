import fc from 'fast-check';
import { mutatedJson, toBytes } from '../../support/mutated-json.js';
import { fromSchema } from '../../support/schema-arbitrary.js';
import type { ApiEndpoint } from '../api-description.js';
import { brokenHeader, chunked, cuts, honestHeader, largeHeader, mostly } from './text.js';

/** What a client sends to the API: text is one character per byte, `KNOWN` stands for the id of a backend. */
export interface ApiScript {
  method: string;
  path: string;
  version: string;
  headers: string[];
  /** How the length of the body is declared; `none`: not at all. */
  framing: 'length' | 'chunked' | 'too long' | 'none';
  /** As {@link mutatedJson} makes it. */
  body: string;
  lineEnd: string;
  behind: string;
  cuts: number[];
  leave: { after: number; reset: boolean } | null;
}

const METHODS = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
  'FOO',
  '',
);
const PLACES = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('-', 'doc', 'KNOWN') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map(encodeURIComponent) },
  fc.constantFrom('%00', '%zz', '%ff', '..', '%2e%2e%2f', '', '__proto__', '\xff', '?', '#', '%', ' '),
);
const VERSIONS = fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', '');
const HOSTS = fc.constantFrom('Host: evil.example', 'Host:', 'Host: [::1', 'Host: localhost\r\nHost: evil.example', '');
const MEANINGFUL = fc.constantFrom(
  'Content-Type: application/json',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Type: text/plain; charset=utf-16le',
  'Content-Type: application/json; charset=nonsense',
  'Content-Type: \xff',
  'Content-Encoding: gzip',
  'Content-Encoding: nonsense',
  'Accept: text/html',
  'Accept: application/json',
  'Origin: http://localhost:3000',
  'Origin: https://evil.example',
  'Origin: null',
  'Origin: \xff',
  'Sec-Fetch-Site: cross-site',
  'Expect: 100-continue',
  'Expect: something',
  'Trailer: x',
  'TE: trailers',
  'Connection: close',
  'Connection: upgrade',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Transfer-Encoding: gzip',
  'Content-Length: 1',
  'Content-Length: +1',
  'If-None-Match: *',
  'Range: bytes=0-1',
  'Last-Event-ID: 1',
);

/** Requests for one endpoint, most of them almost valid. */
export function apiScripts(
  endpoint: ApiEndpoint,
  named: Record<string, Record<string, unknown>>,
): fc.Arbitrary<ApiScript> {
  const values = endpoint.body === undefined ? fc.jsonValue() : fromSchema(endpoint.body, named);
  const parts = endpoint.path.split('/').map((each) => (each.startsWith('{') ? PLACES : fc.constant(each)));
  const query = fc.constantFrom(
    '',
    '',
    '',
    '?',
    '?a=b',
    '?backend=KNOWN&follow=false',
    '?tail=-1',
    '?tail[]=1&tail=2',
    '?%ff',
  );
  return fc.record({
    method: mostly(fc.constant(endpoint.method.toUpperCase()), METHODS, 12),
    path: fc.tuple(fc.tuple(...parts), query).map(([each, tail]) => `${each.join('/')}${tail}`),
    version: mostly(fc.constant('HTTP/1.1'), VERSIONS, 30),
    headers: fc
      .tuple(
        mostly(fc.constant('Host: localhost'), HOSTS, 20),
        fc.array(
          fc.oneof(
            { weight: 6, arbitrary: MEANINGFUL },
            { weight: 4, arbitrary: honestHeader },
            { weight: 1, arbitrary: brokenHeader },
            { weight: 1, arbitrary: largeHeader },
          ),
          { maxLength: 3 },
        ),
      )
      .map(([host, others]) => [host, ...others].filter((each) => each !== '')),
    framing: mostly(
      fc.constantFrom('length' as const, 'chunked' as const),
      fc.constantFrom('too long' as const, 'none' as const),
      10,
    ),
    body: mutatedJson(values),
    lineEnd: mostly(fc.constant('\r\n'), fc.constantFrom('\n', '\r'), 40),
    behind: mostly(
      fc.constant(''),
      fc.constantFrom('GET /auth HTTP/1.1\r\nHost: localhost\r\n\r\n', 'junk', '\r\n'),
      20,
    ),
    cuts,
    leave: mostly(fc.constant(null), fc.record({ after: fc.nat(3), reset: fc.boolean() }), 12),
  });
}

/** The bytes sent for a script, one character each. */
export function apiText({ method, path, version, headers, framing, body, lineEnd, behind }: ApiScript): string {
  const bytes = toBytes(body).toString('latin1');
  const framed = {
    length: [`Content-Length: ${bytes.length}`],
    'too long': [`Content-Length: ${bytes.length + 9}`],
    chunked: ['Transfer-Encoding: chunked'],
    none: [],
  }[framing];
  const lines = [`${method} ${path} ${version}`, ...headers, ...framed, '', ''];
  return `${lines.join(lineEnd)}${framing === 'chunked' ? chunked([bytes], '\r\n') : bytes}${behind}`;
}
