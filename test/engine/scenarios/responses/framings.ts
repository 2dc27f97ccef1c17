import type { Rows } from '../../stage/scenario.js';
import { answering, closing, GET } from './answering.js';

const HEAD = 'HEAD {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';
const TE = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nTE: trailers\r\nConnection: TE\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const TRAILERS =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n';
const KB = 1_024;

/** How the end of an answer's body is marked. */
export const framings: Rows = {
  'with a length': answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  'with length 0': answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  chunked: answering(`${CHUNKED}5\r\nhello\r\n0\r\n\r\n`),
  'chunked, several': answering(CHUNKED, '5\r\nhello\r\n', '1\r\n \r\n', '5\r\nworld\r\n', '0\r\n\r\n'),
  'chunked, empty': answering(`${CHUNKED}0\r\n\r\n`),
  'chunked, with extensions': answering(`${CHUNKED}5;a=b\r\nhello\r\n0;c\r\n\r\n`),
  'chunked, in capitals': answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
  'until the end of the connection': closing('HTTP/1.1 200 OK\r\n\r\nhello'),
  'until the end, empty': closing('HTTP/1.1 200 OK\r\n\r\n'),
  'with a length and Connection: close': answering(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  ),
  'HTTP/1.0 with a length': answering('HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  'HTTP/1.0 until the end': closing('HTTP/1.0 200 OK\r\n\r\nhello'),
  'Transfer-Encoding: gzip, chunked': answering(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  'Transfer-Encoding: gzip': closing('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello'),
  'both a length and chunks': answering(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ),
  'two lengths, alike': answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'),
  'two lengths that differ': answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'),
  'a length that is no number': answering('HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello'),
  'a negative length': answering('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello'),
  'a body longer than its length': answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello'),
  trailers: answering(TRAILERS),
  'trailers, with TE': { ...answering(TRAILERS), send: TE },
  'trailers, with TE that Connection does not name': {
    ...answering(TRAILERS),
    send: 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nTE: trailers\r\n\r\n',
  },
  'trailers behind a body in writes of its own, with TE': {
    ...answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n',
      { waitMs: 50 },
      '5\r\nhello\r\n',
      { waitMs: 50 },
      '0\r\nX-T: 1\r\n\r\n',
    ),
    send: TE,
  },
  'trailers announced in lowercase, with TE': {
    ...answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n',
    ),
    send: TE,
  },
  'several trailers, with TE': {
    ...answering(`${CHUNKED}5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: \r\nX-T: 2\r\n\r\n`),
    send: TE,
  },
  'trailers that are headers, with TE': {
    ...answering(`${CHUNKED}0\r\nServer: evil\r\nX-Plane-Backend-Id: evil\r\nSet-Cookie: a=1\r\n\r\n`),
    send: TE,
  },
  'HEAD with a length': { ...answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'), send: HEAD },
  'HEAD, chunked': { ...answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), send: HEAD },
  'HEAD without a framing': { ...answering('HTTP/1.1 200 OK\r\n\r\n'), send: HEAD },
  'HEAD with length 0': { ...answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), send: HEAD },
  'HEAD, answered with a body': { ...answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'), send: HEAD },
  'to HTTP/1.0, chunked': {
    ...answering(`${CHUNKED}5\r\nhello\r\n0\r\n\r\n`),
    send: 'GET {path}/ HTTP/1.0\r\nHost: {host}\r\n\r\n',
    until: 'closed',
  },
  'to HTTP/1.0, until the end': {
    ...closing('HTTP/1.1 200 OK\r\n\r\nhello'),
    send: 'GET {path}/ HTTP/1.0\r\nHost: {host}\r\n\r\n',
    until: 'closed',
  },
  'a body of 1 MB': answering(
    `HTTP/1.1 200 OK\r\nContent-Length: ${KB * KB}\r\n\r\n${'0123456789abcdef'.repeat(64 * KB)}`,
  ),
  'a chunk of 200 KB': answering(`${CHUNKED}${(200 * KB).toString(16)}\r\n${'x'.repeat(200 * KB)}\r\n0\r\n\r\n`),
  'an event stream': {
    send: [GET, { await: 'data: 1' }, { await: 'data: 2' }],
    answers: [
      {
        pieces: [
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
          '9\r\ndata: 1\n\n\r\n',
          '9\r\ndata: 2\n\n\r\n',
          '0\r\n\r\n',
        ],
      },
    ],
  },
  'an event stream that the client leaves': {
    send: [GET, { await: 'data: 1' }, { close: 'reset' }],
    answers: [
      {
        pieces: [
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n',
        ],
        ending: 'open',
      },
    ],
    until: 'sent',
  },
  'an answer before the request is read whole': {
    send: ['POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\nhello', { await: 'early' }, 'world'],
    answers: [{ when: 'head', pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly'] }],
  },
  'a refusal before the request is read whole': {
    send: ['POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\nhello', { await: '413' }],
    answers: [
      {
        when: 'head',
        pieces: ['HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
        ending: 'end',
      },
    ],
  },
};
