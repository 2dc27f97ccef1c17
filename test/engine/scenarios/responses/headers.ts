import type { Rows } from '../../stage/scenario.js';
import { answering, withHeaders } from './answering.js';

const KB = 1_024;
const lines = (...headers: string[]) => answering(withHeaders(...headers));
const PREFLIGHT =
  'OPTIONS {path}/ HTTP/1.1\r\nHost: {host}\r\nOrigin: http://a.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n';

/** Header lines of answers. */
export const headers: Rows = {
  'repeated headers': lines('X-A: 1', 'X-B: 2', 'X-A: 3'),
  'Set-Cookie, several': lines('Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2, c=3; HttpOnly', 'Set-Cookie: a=1; Path=/'),
  'an empty value': lines('X-A:', 'X-B: '),
  'spaces around a value': lines('X-A:  1  ', 'X-B:\t2\t'),
  'non-ASCII values': lines('X-A: \xc3\xa9', 'X-B: \xe9', 'X-C: \xff'),
  'a name of all the signs': lines("!#$%&'*+-.^_`|~0aZ: 1"),
  'common headers': lines(
    'Content-Type: text/html; charset=utf-8',
    'ETag: W/"a"',
    'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT',
    'Cache-Control: max-age=5',
    'Vary: Origin',
    'Link: </a>; rel=preload',
    'Content-Security-Policy: default-src *',
    'Strict-Transport-Security: max-age=1',
    'Alt-Svc: h2=":1"',
    'Via: 1.1 a',
    'Age: 1',
  ),
  'its own Date': lines('Date: Thu, 01 Jan 1970 00:00:00 GMT'),
  'its own Server': lines('Server: own/1'),
  'its own X-Plane-Backend-Id': lines('X-Plane-Backend-Id: own'),
  'own CORS headers': lines('Access-Control-Allow-Origin: https://one.example'),
  'own CORS headers, all': lines(
    'Access-Control-Allow-Origin: https://one.example',
    'Access-Control-Allow-Methods: GET',
    'Access-Control-Allow-Headers: x-a',
    'Access-Control-Allow-Credentials: true',
    'Access-Control-Expose-Headers: x-b',
    'Access-Control-Max-Age: 5',
  ),
  'other CORS headers alone': lines('Access-Control-Expose-Headers: x-b'),
  'a preflight': { ...lines(), send: PREFLIGHT },
  'a preflight with its own answer': {
    send: PREFLIGHT,
    answers: [
      {
        pieces: [
          'HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: http://a.example\r\nAccess-Control-Allow-Methods: PUT\r\n\r\n',
        ],
      },
    ],
  },
  compressed: lines('Content-Encoding: gzip', 'Vary: Accept-Encoding'),
  'Content-Encoding of several': lines('Content-Encoding: br, gzip'),
  'Connection: close': lines('Connection: close'),
  'Connection: keep-alive': lines('Connection: keep-alive', 'Keep-Alive: timeout=9'),
  'Connection that names a header': lines('Connection: X-A', 'X-A: 1'),
  'Upgrade that is an offer': lines('Upgrade: h2c', 'Connection: Upgrade'),
  'Proxy headers': lines('Proxy-Connection: keep-alive', 'Proxy-Authenticate: Basic', 'Proxy-Authentication-Info: a'),
  'Trailer without trailers': lines('Trailer: X-T'),
  'a header of 8 KB': lines(`X-A: ${'a'.repeat(8 * KB)}`),
  'a header of 30 KB': lines(`X-A: ${'a'.repeat(30 * KB)}`),
  'a header of 60 KB': lines(`X-A: ${'a'.repeat(60 * KB)}`),
  'a header of 70 KB': lines(`X-A: ${'a'.repeat(70 * KB)}`),
  '90 headers': lines(...Array.from({ length: 90 }, (_, index) => `X-${index}: 1`)),
  '110 headers': lines(...Array.from({ length: 110 }, (_, index) => `X-${index}: 1`)),
  'a space before the colon': lines('X-A : 1'),
  'no colon': lines('X-A'),
  'no name': lines(': 1'),
  'a name above ASCII': lines('X-\xc3\xa9: 1'),
  'a folded line': lines('X-A: 1', ' 2'),
  'a NUL in a value': lines('X-A: a\x00b'),
  'a control character in a value': lines('X-A: a\x01b'),
  'lines that end with LF': answering('HTTP/1.1 200 OK\nContent-Length: 2\n\nok'),
};
