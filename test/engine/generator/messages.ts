import fc from 'fast-check';

/** A head without its first line, and a matching body. Text is one character per byte. */
export interface MessageRest {
  headers: string[];
  body: string;
}

const value = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[!-~]{1,20}$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^[!-~][ -~\t]{0,30}[!-~]$/) },
  fc.constantFrom('', 'caf\xe9', '\xc3\xa9\xf0\x9f\x94\x91', 'a, b', '"quoted, \\" text"', 'x'.repeat(200)),
);

const field = (names: string[]) => fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => `${name}: ${text}`);

const REQUEST_LINES = [
  'Accept: */*',
  'Accept-Encoding: gzip, br',
  'Authorization: Bearer abc.def',
  'Cache-Control: no-cache',
  'Connection: keep-alive',
  'Content-Disposition: form-data; name="caf\xc3\xa9"',
  'Content-Type: application/json',
  'Cookie: a=b; c=d',
  'Cookie: e=f',
  'DNT: 1',
  'If-None-Match: "x"',
  'Origin: https://one.example',
  'Pragma: no-cache',
  'Range: bytes=0-4',
  'Referer: https://one.example/a?b',
  'User-Agent: Mozilla/5.0',
  'Via: 1.1 proxy',
  'X-Forwarded-For: 1.2.3.4',
  'X-Forwarded-Proto: https',
  'X-Verified-Username: eve',
  'x-verified-user-data: {"role":"admin"}',
  'X-Verified-Other: eve',
];

const ANSWER_LINES = [
  'Age: 3',
  'Cache-Control: max-age=60, public',
  'Content-Disposition: attachment; filename="caf\xe9"',
  'Content-Encoding: gzip',
  'Content-Language: en',
  'Content-Type: text/html; charset=utf-8',
  'ETag: "x"',
  'Link: </a>; rel=preload',
  'Location: https://one.example/a',
  'Set-Cookie: a=b; Path=/',
  'Set-Cookie: c=d; HttpOnly',
  'Vary: Origin',
  'WWW-Authenticate: Basic realm="x"',
  'X-Content-Type-Options: nosniff',
];

const BODY = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
  fc.constant('y'.repeat(1_500)),
);

/** A body in chunks, split anywhere. */
const chunked = (body: string) =>
  fc.array(fc.nat(Math.max(1, body.length)), { maxLength: 3 }).map((cuts) => {
    const places = [...new Set([0, ...cuts, body.length])].filter((each) => each <= body.length).sort((a, b) => a - b);
    const parts = places.slice(1).map((end, index) => body.slice(places[index], end));
    return `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
  });

const headersOf = (lines: string[], names: string[]) =>
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...lines) }, { weight: 2, arbitrary: field(names) }), {
    maxLength: 6,
  });

function withBody(headers: fc.Arbitrary<string[]>): fc.Arbitrary<MessageRest> {
  const framed = BODY.chain((body) =>
    fc.oneof(
      fc.constant({ header: `Content-Length: ${body.length}`, body }),
      chunked(body).map((text) => ({ header: 'Transfer-Encoding: chunked', body: text })),
    ),
  );
  return fc.tuple(headers, framed).chain(([lines, { header, body }]) =>
    // It may be in any position.
    fc.nat(lines.length).map((at) => ({ headers: [...lines.slice(0, at), header, ...lines.slice(at)], body })),
  );
}

const withoutBody = (headers: fc.Arbitrary<string[]>) =>
  headers.map((lines): MessageRest => ({ headers: lines, body: '' }));

const requestHeaders = headersOf(REQUEST_LINES, [
  'X-A',
  'x-a',
  'X-B',
  'X-Long-Name-With-Many-Parts',
  'Accept-Language',
]);
const answerHeaders = headersOf(ANSWER_LINES, ['X-A', 'x-a', 'X-B', 'Server-Timing']);

export const requestRest = fc.oneof(withoutBody(requestHeaders), withBody(requestHeaders));
export const answerRest = withBody(answerHeaders);
export const bodylessAnswerRest = withoutBody(answerHeaders);
