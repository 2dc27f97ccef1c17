import { exchangeTable } from '../stage/scenario.js';

const send = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';

/** What a backend may answer, and what of it reaches the client. */
export const responses = exchangeTable('responses', {
  chunked: {
    send,
    answers: [{ pieces: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'] }],
  },
  'until the end of the connection': {
    send,
    answers: [{ pieces: ['HTTP/1.1 200 OK\r\n\r\nhello'], ending: 'end' }],
  },
  'own CORS headers': {
    send,
    answers: [
      { pieces: ['HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: https://one.example\r\nContent-Length: 0\r\n\r\n'] },
    ],
  },
  'no HTTP': { send, answers: [{ pieces: ['garbage\r\n\r\n'], ending: 'end' }] },
});
