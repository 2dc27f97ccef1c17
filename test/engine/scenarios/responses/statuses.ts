import type { Rows } from '../../stage/scenario.js';
import { answering } from './answering.js';

const line = (text: string) => answering(`${text}\r\nContent-Length: 2\r\n\r\nok`);
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const empty = (status: string) => answering(`HTTP/1.1 ${status}\r\nX-A: 1\r\n\r\n`);

/** Status lines, and interim answers. */
export const statuses: Rows = {
  '100 first': answering(`HTTP/1.1 100 Continue\r\n\r\n${OK}`),
  '102 first': answering(`HTTP/1.1 102 Processing\r\n\r\n${OK}`),
  '103 first': answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n${OK}`),
  'several 103 first': answering(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n',
    OK,
  ),
  '199 first': answering(`HTTP/1.1 199 Odd\r\n\r\n${OK}`),
  '101 that nobody asked for': answering(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n',
  ),
  '201': line('HTTP/1.1 201 Created'),
  '204': empty('204 No Content'),
  '204 with length 0': answering('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'),
  '204 with a body': answering('HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok'),
  '205': answering('HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n'),
  '206': line('HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/4'),
  '301': line('HTTP/1.1 301 Moved Permanently\r\nLocation: /elsewhere?a=b'),
  '302 to another host': line('HTTP/1.1 302 Found\r\nLocation: https://other.example/a'),
  '302 without a slash': line('HTTP/1.1 302 Found\r\nLocation: a/b'),
  '304': empty('304 Not Modified'),
  '304 with a length': answering('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n'),
  '400': line('HTTP/1.1 400 Bad Request'),
  '401': line('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"'),
  '404': line('HTTP/1.1 404 Not Found'),
  '407': line('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic'),
  '418': line("HTTP/1.1 418 I'm a teapot"),
  '426': line('HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade'),
  '500': line('HTTP/1.1 500 Internal Server Error'),
  '502': line('HTTP/1.1 502 Bad Gateway'),
  '599': line('HTTP/1.1 599 Unknown'),
  '600': line('HTTP/1.1 600 Odd'),
  '999': line('HTTP/1.1 999 Odd'),
  '099': line('HTTP/1.1 099 Odd'),
  '000': line('HTTP/1.1 000 Odd'),
  '1000': line('HTTP/1.1 1000 Odd'),
  'a status that is no number': line('HTTP/1.1 abc Odd'),
  'another reason': line('HTTP/1.1 200 Fine'),
  'no reason': line('HTTP/1.1 200 '),
  'no reason, and no space': line('HTTP/1.1 200'),
  'a reason above ASCII': line('HTTP/1.1 200 Gr\xc3\xbc\xdfe'),
  'a long reason': line(`HTTP/1.1 200 ${'Long '.repeat(100)}`),
  'HTTP/2.0': line('HTTP/2.0 200 OK'),
  'HTTP/1.2': line('HTTP/1.2 200 OK'),
  'a version in lowercase': line('http/1.1 200 OK'),
};
