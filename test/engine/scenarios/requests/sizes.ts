import type { Rows } from '../../stage/scenario.js';

const KB = 1_024;
const get = (lines: string, target = '{path}/') => `GET ${target} HTTP/1.1\r\nHost: {host}\r\n${lines}\r\n`;
const oneHeader = (bytes: number) => get(`Cookie: ${'c'.repeat(bytes)}\r\n`);
const manyHeaders = (count: number) => get(Array.from({ length: count }, (_, index) => `X-${index}: 1\r\n`).join(''));
const url = (bytes: number) => get('', `{path}/?${'u'.repeat(bytes)}`);

/** Sizes just within and just beyond the limits of proxies. */
export const sizes: Rows = {
  'a header of 8 KB': oneHeader(8 * KB),
  'a header of 16 KB': oneHeader(16 * KB),
  'a header of 30 KB': oneHeader(30 * KB),
  'a header of 60 KB': oneHeader(60 * KB),
  'a header of 70 KB': oneHeader(70 * KB),
  'several headers of 20 KB': get(['a', 'b', 'c'].map((name) => `X-${name}: ${name.repeat(20 * KB)}\r\n`).join('')),
  'a name of 200 letters': get(`${'N'.repeat(200)}: 1\r\n`),
  '20 headers': manyHeaders(20),
  '90 headers': manyHeaders(90),
  '100 headers': manyHeaders(100),
  'a URL of 8 KB': url(8 * KB),
  'a URL of 20 KB': url(20 * KB),
  'a URL of 60 KB': url(60 * KB),
  'a URL of 70 KB': url(70 * KB),
  'a long path': get('', `{path}/${'p/'.repeat(5 * KB)}`),
  'a long unknown token': get('', `/${'t'.repeat(20 * KB)}/`),
  'a body of 1 MB': `POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: ${KB * KB}\r\n\r\n${'0123456789abcdef'.repeat(64 * KB)}`,
  'a chunk of 200 KB': `POST {path}/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n${(200 * KB).toString(16)}\r\n${'x'.repeat(200 * KB)}\r\n0\r\n\r\n`,
  '2,000 chunks': `POST {path}/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(2_000)}0\r\n\r\n`,
};
