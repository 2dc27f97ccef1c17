import type { BackendAnswer } from '../../stage/control.js';
import type { Rows } from '../../stage/scenario.js';
import type { Exchange } from '../../stage/stage.js';
import { answering, closing, GET } from './answering.js';

const POST = 'POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n';
const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A POST, because a GET may be retried if no answer came. */
const nothing = (ending: 'end' | 'reset'): Exchange => ({ send: POST, answers: [{ pieces: [], ending }] });

/** The client has read the beginning of the answer before the rest follows and the backend closes the connection. */
function cut(read: string, begin: string, rest = ''): Exchange {
  const pieces: BackendAnswer['pieces'] = [begin, { until: 'go' }, ...(rest === '' ? [] : [rest])];
  return {
    send: ['POST {path}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n', { await: read }, 'go'],
    answers: [{ when: 'head', pieces, ending: 'end' }],
    until: 'closed',
  };
}

/** Answers that are not HTTP, or end too early. */
export const endings: Rows = {
  'no HTTP': closing('garbage\r\n\r\n'),
  'no HTTP, without an end': { send: GET, answers: [{ pieces: ['garbage\r\n\r\n'], ending: 'open' }] },
  'nothing, and the end': nothing('end'),
  'nothing, and a reset': nothing('reset'),
  'an empty line': closing('\r\n'),
  'cut off in the status line': closing('HTTP/1.1 20'),
  'cut off in the head': closing('HTTP/1.1 200 OK\r\nX-A: 1\r\nX-'),
  'cut off behind 100': closing('HTTP/1.1 100 Continue\r\n\r\n'),
  'cut off in a body': cut('hello', `${LENGTH}hello`),
  'cut off in a chunk': cut('hello', `${CHUNKED}5\r\nhello\r\n`, '5\r\nwor'),
  'cut off between chunks': cut('hello', `${CHUNKED}5\r\nhello\r\n`),
  'cut off in the last chunk': cut('hello', `${CHUNKED}5\r\nhello\r\n`, '0\r\n'),
  'cut off in trailers': cut('hello', `${CHUNKED}5\r\nhello\r\n`, '0\r\nX-T: 1'),
  'a chunk size that is no number': cut('hello', `${CHUNKED}5\r\nhello\r\n`, 'zz\r\nhello\r\n0\r\n\r\n'),
  'a late answer': answering({ waitMs: 300 }, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'a head in pieces': answering(...'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'a second answer that nobody asked for': {
    send: [GET, { await: 'first' }, GET, { await: 'second' }],
    answers: [
      {
        pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
      },
      { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond'] },
    ],
    methods: ['GET', 'GET'],
  },
};
