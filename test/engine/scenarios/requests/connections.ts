import type { Rows } from '../../stage/scenario.js';

const get = (path: string, lines = '') => `GET {path}/${path} HTTP/1.1\r\nHost: {host}\r\n${lines}\r\n`;
const post = (path: string) => `POST {path}/${path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello`;
const UNKNOWN = `GET /${'A'.repeat(43)}/ HTTP/1.1\r\nHost: {host}\r\n\r\n`;
const answerOf = (body: string) => ({ pieces: [`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`] });

/** Several requests on one connection, and clients that leave. */
export const connections: Rows = {
  'one after the other': {
    send: [get('a'), { await: 'first' }, get('b'), { await: 'second' }],
    answers: [answerOf('first'), answerOf('second')],
    methods: ['GET', 'GET'],
  },
  pipelined: {
    send: get('a') + get('b') + get('c'),
    answers: [answerOf('first'), answerOf('second'), answerOf('third')],
    methods: ['GET', 'GET', 'GET'],
  },
  'pipelined, with bodies': {
    send: post('a') + post('b') + get('c'),
    answers: [answerOf('first'), answerOf('second'), answerOf('third')],
    methods: ['POST', 'POST', 'GET'],
  },
  'three POSTs on one connection': {
    send: ['1', '2', '3']
      .map((path) => `POST {path}/${path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\n${path}`)
      .join(''),
    methods: ['POST', 'POST', 'POST'],
  },
  'pipelined behind HEAD': {
    send: `HEAD {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n${get('b')}`,
    methods: ['HEAD', 'GET'],
  },
  'pipelined behind Connection: close': { send: get('a', 'Connection: close\r\n') + get('b'), until: 'closed' },
  'an unknown token first': { send: [UNKNOWN, { await: '410' }, get('a')], methods: ['GET', 'GET'] },
  'pipelined behind an unknown token': { send: UNKNOWN + get('a'), methods: ['GET', 'GET'] },
  'pipelined before garbage': { send: `${get('a')}garbage\r\n\r\n`, until: 'closed', methods: ['GET', 'GET'] },
  'a request byte by byte': { send: [...get('slow', 'X-A: 1\r\n')] },
  'a head in two writes': { send: ['GET {path}/ HTTP/1.1\r\nHost: {host}\r\nX-', 'A: 1\r\n\r\n'] },
  'a client that closes its side behind the request': {
    send: [get('a'), { reaching: 1 }, { close: 'end' }],
    answers: [{ pieces: [], ending: 'open' }],
    until: 'closed',
  },
  'a client that resets behind the request': {
    send: [get('a'), { reaching: 1 }, { close: 'reset' }],
    answers: [{ pieces: [], ending: 'open' }],
    until: 'closed',
  },
};
