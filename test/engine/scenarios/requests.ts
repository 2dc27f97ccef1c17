import { exchangeTable } from '../stage/scenario.js';

/** What a client may send, and what of it reaches the backend. */
export const requests = exchangeTable('requests', {
  GET: 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n',
  HEAD: 'HEAD {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n',
  OPTIONS: 'OPTIONS {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n',
  'POST with a length': 'POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello',
  'POST in chunks':
    'POST {path}/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'a query': 'GET {path}/a%20b//c?x=1&x=2&=%00? HTTP/1.1\r\nHost: {host}\r\n\r\n',
  'no slash behind the token': 'GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n',
  'repeated headers': 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nX-A: 1\r\nX-B: 2\r\nX-A: 3\r\n\r\n',
  'forged headers':
    'GET {path}/ HTTP/1.1\r\nHost: {host}\r\nX-Verified-Username: eve\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n\r\n',
  'a user and auth': {
    send: 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n',
    user: 'ann é',
    auth: { role: 'editor', deep: { list: [1, 'é'] } },
  },
  'Expect: 100-continue': {
    send: [
      'POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
      { await: '100' },
      'hello',
    ],
  },
  'three on one connection': {
    send: ['1', '2', '3']
      .map((path) => `POST {path}/${path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\n${path}`)
      .join(''),
    methods: ['POST', 'POST', 'POST'],
  },
});
