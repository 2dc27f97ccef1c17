import type { Rows } from '../../stage/scenario.js';

const post = (...lines: string[]) => `POST {path}/ HTTP/1.1\r\nHost: {host}\r\n${lines.join('\r\n')}\r\n\r\n`;
const chunked = (body: string, ...lines: string[]) => post('Transfer-Encoding: chunked', ...lines) + body;
const refused = (send: string) => ({ send, until: 'closed' as const });
const EXPECT = 'Expect: 100-continue';
const BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');

/** Bodies of requests, in every framing. */
export const bodies: Rows = {
  'POST with a length': `${post('Content-Length: 5')}hello`,
  'POST with length 0': post('Content-Length: 0'),
  'POST in chunks': chunked('5\r\nhello\r\n0\r\n\r\n'),
  'several chunks': chunked('5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n'),
  'no chunk but the last': chunked('0\r\n\r\n'),
  'GET in chunks': 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'all bytes': `${post('Content-Length: 256')}${BYTES}`,
  'a body in several writes': { send: [post('Content-Length: 10'), 'hello', 'world'] },
  'chunk extensions': chunked('5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'),
  'chunk sizes in capitals with zeros': chunked('000A\r\nhelloworld\r\n00\r\n\r\n'),
  trailers: chunked('5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n', 'Trailer: X-T, X-U'),
  'trailers that are not announced': chunked('5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'),
  'trailers that forge headers': chunked(
    '0\r\nX-Verified-Username: eve\r\nHost: evil\r\nContent-Length: 3\r\n\r\n',
    'Trailer: X-Verified-Username',
  ),
  'repeated trailers': chunked('0\r\nX-T: 1\r\nX-T: 2\r\n\r\n', 'Trailer: X-T'),
  'Transfer-Encoding in capitals': `${post('Transfer-Encoding: CHUNKED')}5\r\nhello\r\n0\r\n\r\n`,
  'Transfer-Encoding: gzip, chunked': `${post('Transfer-Encoding: gzip, chunked')}5\r\nhello\r\n0\r\n\r\n`,
  'Transfer-Encoding: gzip': refused(`${post('Transfer-Encoding: gzip')}hello`),
  'Transfer-Encoding: chunked, gzip': refused(`${post('Transfer-Encoding: chunked, gzip')}5\r\nhello\r\n0\r\n\r\n`),
  'Transfer-Encoding: identity': refused(`${post('Transfer-Encoding: identity', 'Content-Length: 5')}hello`),
  'both a length and chunks': `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
  'two lengths, alike': `${post('Content-Length: 5', 'Content-Length: 5')}hello`,
  'two lengths that differ': refused(`${post('Content-Length: 5', 'Content-Length: 6')}hello!`),
  'a list of lengths': refused(`${post('Content-Length: 5, 5')}hello`),
  'a negative length': refused(post('Content-Length: -1')),
  'a length with a sign': refused(`${post('Content-Length: +5')}hello`),
  'a length in hex': refused(post('Content-Length: 0x5')),
  'an empty length': refused(post('Content-Length:')),
  'a length beyond 64 bits': refused(post('Content-Length: 18446744073709551616')),
  'a chunk size that is no number': { send: chunked('zz\r\nhello\r\n0\r\n\r\n'), until: 'closed' },
  'a chunk longer than its size': {
    send: [chunked('2\r\nhe'), { reaching: 1 }, 'llo\r\n0\r\n\r\n'],
    until: 'closed',
  },
  'a chunk size beyond 64 bits': { send: chunked('fffffffffffffffff\r\nhello'), until: 'closed' },
  'a length cut off': {
    send: [`${post('Content-Length: 9')}hello`, { reaching: 1 }, { close: 'end' }],
    until: 'closed',
  },
  'chunks cut off': { send: [chunked('5\r\nhello\r\n'), { reaching: 1 }, { close: 'end' }], until: 'closed' },
  'a chunk cut off': { send: [chunked('5\r\nhel'), { reaching: 1 }, { close: 'end' }], until: 'closed' },
  'a head cut off': { send: ['POST {path}/ HTTP/1.1\r\nHost: {ho', { close: 'end' }], until: 'closed' },
  'HTTP/1.0 with a length': refused('POST {path}/ HTTP/1.0\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello'),
  'HTTP/1.0 in chunks': refused(
    'POST {path}/ HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  'Expect: 100-continue': expecting(post('Content-Length: 5', EXPECT), 'hello'),
  'Expect with chunks': expecting(post('Transfer-Encoding: chunked', EXPECT), '5\r\nhello\r\n0\r\n\r\n'),
  'Expect in capitals': expecting(post('Content-Length: 5', 'EXPECT: 100-CONTINUE'), 'hello'),
  'Expect, with the body at once': `${post('Content-Length: 5', EXPECT)}hello`,
  'Expect, with GET': 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\n\r\n',
  'Expect, with length 0': post('Content-Length: 0', EXPECT),
  'Expect, with HTTP/1.0': refused(
    `POST {path}/ HTTP/1.0\r\nHost: {host}\r\n${EXPECT}\r\nContent-Length: 5\r\n\r\nhello`,
  ),
  'Expect of something else': { send: `${post('Content-Length: 5', 'Expect: 200-ok')}hello` },
  'Expect for a user who is not ASCII': {
    ...expecting(post('Content-Length: 5', EXPECT), 'hello'),
    user: 'ann é',
    auth: { a: 'ö€', b: 'ÿ' },
  },
  'Expect with non-ASCII headers': expecting(post('Content-Length: 5', EXPECT, 'X-A: \xc3\xa9'), 'hello'),
  'Expect with repeated headers': expecting(post('Content-Length: 5', EXPECT, 'X-A: 1', 'X-A: 2'), 'hello'),
  'Expect, refused by the backend': {
    send: post('Content-Length: 5', EXPECT),
    answers: [
      {
        when: 'head',
        pieces: ['HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'],
        ending: 'end',
      },
    ],
  },
  'Expect to an unknown token': {
    send: `POST /${'A'.repeat(43)}/ HTTP/1.1\r\nHost: {host}\r\n${EXPECT}\r\nContent-Length: 5\r\n\r\n`,
  },
  'a body to an unknown token': `POST /${'A'.repeat(43)}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello`,
};

function expecting(head: string, body: string) {
  return { send: [head, { await: 'HTTP/1.1 100' }, body] };
}
