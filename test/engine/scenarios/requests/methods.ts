import type { Rows } from '../../stage/scenario.js';

const withMethod = (method: string) => `${method} {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n`;
const withBody = (method: string) => `${method} {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello`;

/** Methods and versions of HTTP. */
export const methods: Rows = {
  GET: withMethod('GET'),
  HEAD: withMethod('HEAD'),
  OPTIONS: withMethod('OPTIONS'),
  'POST without a body': withMethod('POST'),
  'PUT without a body': withMethod('PUT'),
  'PATCH without a body': withMethod('PATCH'),
  DELETE: withMethod('DELETE'),
  TRACE: withMethod('TRACE'),
  PROPFIND: withMethod('PROPFIND'),
  PURGE: withMethod('PURGE'),
  QUERY: withBody('QUERY'),
  'M-SEARCH': withMethod('M-SEARCH'),
  'an unknown method': withMethod('FOO'),
  'a method in lowercase': withMethod('get'),
  'a method in mixed case': withMethod('Post'),
  'a method of all the signs': withMethod("!#$%&'*+-.^_`|~"),
  'a method of 40 letters': withMethod('A'.repeat(40)),
  'no method': { send: ' {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n', until: 'closed' },
  'CONNECT with an authority': 'CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n',
  'GET with a body': withBody('GET'),
  'HEAD with a body': withBody('HEAD'),
  'DELETE with a body': withBody('DELETE'),
  'OPTIONS with a body': withBody('OPTIONS'),
  'TRACE with a body': withBody('TRACE'),
  'HTTP/1.0': { send: 'GET {path}/ HTTP/1.0\r\nHost: {host}\r\n\r\n', until: 'closed' },
  'HTTP/1.0, kept alive': 'GET {path}/ HTTP/1.0\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n',
  'HTTP/1.0 without a host': { send: 'GET {path}/ HTTP/1.0\r\n\r\n', until: 'closed' },
  'HTTP/0.9': { send: 'GET {path}/\r\n\r\n', until: 'closed' },
  'HTTP/1.2': { send: 'GET {path}/ HTTP/1.2\r\nHost: {host}\r\n\r\n', until: 'closed' },
  'HTTP/3.0': { send: 'GET {path}/ HTTP/3.0\r\nHost: {host}\r\n\r\n', until: 'closed' },
  'a version in lowercase': { send: 'GET {path}/ http/1.1\r\nHost: {host}\r\n\r\n', until: 'closed' },
  'no HTTP': { send: 'hello\r\n\r\n', until: 'closed' },
  TLS: { send: '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00', until: 'closed' },
  'empty lines before': '\r\n\r\nGET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n',
  'two spaces behind the method': 'GET  {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n',
  'lines that end with LF': 'GET {path}/ HTTP/1.1\nHost: {host}\n\n',
};
