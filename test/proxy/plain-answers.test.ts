import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { type Arbitrary, array, asyncProperty, assert as check, constantFrom, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlainAnswer } from '../../src/proxy/plain-answer.js';
import { PLAIN_ANSWER, type RawConnection, type RawProxy, startRawProxy } from '../support/raw-proxy.js';
import { waitFor } from '../support/wait.js';

const STATUS_LINES = [
  ...['HTTP/1.1 200 OK', 'HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 200  OK', 'HTTP/1.1 200 OK ', 'HTTP/1.1 404 a\tb'],
  ...['HTTP/1.1 204 No', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 302 Found', 'HTTP/1.1 999 x', 'HTTP/1.1 103 Early'],
  ...[
    'HTTP/1.0 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 200 gr\xfc\xdfe',
    'HTTP/1.1 200 a\x7fb',
    'HTTP/1.1 20 OK',
    'http/1.1 200 OK',
  ],
];
const HEADER_LINES = [
  ...['X-A: b', 'x-a:b', 'X-A:', 'X-A: ', 'X-A:\tb', 'X-A: b ', 'X-A: b\t', 'X-A: a b', 'X-\xfc: b', 'X-A: \xfc\xff'],
  ...[
    ' X-A: b',
    'X-A : b',
    'X-A',
    ':b',
    'X-A: a\0b',
    'X-A: a\x7fb',
    'X-A: a\rb',
    'X-A: a\nb',
    'X-A: a\r\n b',
    '__proto__: 1',
  ],
  ...[
    'Content-Length: 2',
    'content-length: 02',
    'Content-Length: +2',
    'Content-Length: 2, 2',
    'Content-Length:',
    'Content-Length: 0',
  ],
  ...['Content-Length: 2 2', 'Content-Length: 0x2', 'Content-Length: 99999999999999999999', 'Content-Length : 2'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Trailer: x', 'Upgrade: h2c', 'Connection: upgrade'],
  ...[
    'Connection: close',
    'Connection: Keep-Alive',
    'Connection: x-a',
    'Connection: close, x-a',
    'Keep-Alive: timeout=1',
  ],
  ...[
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'Location: /a',
    'Server: mine',
    'Date: now',
    'Access-Control-Allow-Origin: a',
  ],
];
const BODIES = ['', 'o', 'ok', 'okk', '2\r\nok\r\n0\r\n\r\n', 'okHTTP/1.1 200 OK\r\n\r\n'];

const answers: Arbitrary<{ statusLine: string; headerLines: string[]; body: string }> = record({
  statusLine: constantFrom(...STATUS_LINES, 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'),
  headerLines: array(constantFrom(...HEADER_LINES, 'Content-Length: 2', 'Content-Length: 2'), { maxLength: 4 }),
  body: constantFrom(...BODIES),
});

interface Read {
  statusCode: number | undefined;
  statusMessage: string | undefined;
  rawHeaders: string[];
  body: string;
  keepsConnection: boolean;
}

/** How Node.js's client reads an answer. @returns undefined if the bytes are not a complete answer */
async function readByNode(bytes: Buffer, method: string): Promise<Read | undefined> {
  const connection = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const outgoing = httpRequest({ method, createConnection: () => connection, headers: { connection: 'keep-alive' } });
  // As with an agent.
  outgoing.shouldKeepAlive = true;
  return new Promise((resolve) => {
    outgoing.on('error', () => resolve(undefined));
    outgoing.on('upgrade', () => resolve(undefined));
    outgoing.on('response', (incoming: IncomingMessage) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', () => resolve(undefined));
      incoming.on('end', () => {
        const { statusCode, statusMessage, rawHeaders, headers } = incoming;
        // The second condition is the rule of Node.js's agent.
        const keepsConnection = outgoing.shouldKeepAlive && headers['keep-alive'] !== 'timeout=1';
        const body = Buffer.concat(chunks).toString('latin1');
        resolve({ statusCode, statusMessage, rawHeaders, body, keepsConnection });
      });
    });
    outgoing.end();
    connection.push(bytes);
    connection.push(null);
  });
}

/** The same with the reader of plain answers, with the bytes that the answer takes. */
function readPlainly(bytes: Buffer, method: string): { read: Read; taken: Buffer } | undefined {
  const answer = readPlainAnswer(bytes, method === 'HEAD');
  if (answer === undefined || bytes.length < answer.headBytes + answer.bodyBytes) return undefined;
  const { head, headBytes, bodyBytes, keepsConnection } = answer;
  const { statusCode, statusMessage, rawHeaders } = head;
  const taken = bytes.subarray(0, headBytes + bodyBytes);
  const body = taken.toString('latin1', headBytes);
  return { read: { statusCode, statusMessage, rawHeaders: [...rawHeaders], body, keepsConnection }, taken };
}

describe('Proxy: plain answers', () => {
  test('the reader of plain answers agrees with Node.js’s parser on all that it reads', async () => {
    let plain = 0;
    await check(
      asyncProperty(
        answers,
        constantFrom('GET', 'HEAD', 'DELETE'),
        async ({ statusLine, headerLines, body }, method) => {
          const bytes = Buffer.from([statusLine, ...headerLines, '', body].join('\r\n'), 'latin1');
          const plainly = readPlainly(bytes, method);
          if (plainly === undefined) return;
          plain += 1;
          expect(plainly.read).toEqual(await readByNode(plainly.taken, method));
        },
      ),
      { numRuns: 3_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test('a client gets the same bytes, whether the answer reaches the proxy complete or in pieces', async () => {
    const proxy = await startRawProxy();
    const rows = answerRows();
    for (const [index, bytes] of rows.entries()) {
      for (const [method, version] of [
        ['GET', '1.1'],
        ['HEAD', '1.0'],
      ] as const) {
        const whole = await exchange(proxy, method, version, [bytes]);
        const pieces = await exchange(proxy, method, version, [bytes.slice(0, 1), bytes.slice(1, 20), bytes.slice(20)]);
        expect({ index, bytes, method, version, text: pieces }).toEqual({ index, bytes, method, version, text: whole });
      }
    }
    expect(proxy.faults).toEqual([]);
  });

  test('plain exchanges, those that Node.js reads, and uploads share a connection one after the other', async () => {
    const proxy = await startRawProxy();
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
    const client = await proxy.open();
    const { tokenPath } = proxy;
    const get = `GET ${tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const post = `POST ${tokenPath}/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody`;
    const exchanges = [
      ...[
        [get, PLAIN_ANSWER],
        [get, chunked],
        [get, PLAIN_ANSWER],
        [post, PLAIN_ANSWER],
        [get, PLAIN_ANSWER],
      ],
      ...[
        [post, chunked],
        [get, chunked],
        [get, chunked],
        [get, PLAIN_ANSWER],
      ],
    ] as const;
    for (const [request, answer] of exchanges) {
      proxy.onRequest = (connection) => connection.send(answer);
      client.received = '';
      client.send(request);
      await client.until(answer === chunked ? /\r\n0\r\n\r\n$/ : /\r\n\r\nok$/);
    }
    expect(proxy.backendConnections).toHaveLength(1);
    const received = (proxy.backendConnections[0] as RawConnection).received;
    expect(received.match(/(?:GET|POST) \/ HTTP/g)).toHaveLength(exchanges.length);
    client.socket.destroy();
  });

  test('a slow reader slows the backend down, and gets everything', async () => {
    const proxy = await startRawProxy();
    const size = 64 * 1024 * 1024;
    let sent = 0;
    proxy.onRequest = ({ socket }) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      const more = () => {
        while (sent < size) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', more);
        }
      };
      more();
    };
    const client = await proxy.open();
    client.socket.removeAllListeners('data');
    client.socket.pause();
    client.send(`GET ${proxy.tokenPath}/ HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    let before = -1;
    await waitFor(() => {
      const isStill = sent > 0 && sent === before;
      before = sent;
      return isStill;
    }, 'the backend to be held back');
    expect(sent).toBeLessThan(size);
    let received = 0;
    client.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.socket.resume();
    await waitFor(() => received > size, 'all of it', 60_000);
  });
});

function answerRows(): string[] {
  const plain = HEADER_LINES.map((line) => `HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 2\r\n\r\nok`);
  const statuses = STATUS_LINES.map((line) => `${line}\r\nContent-Length: 2\r\n\r\nok`);
  return [...plain, ...statuses];
}

/**
 * Sends a request to a backend that answers in pieces and closes. @returns all that the client gets, without the date
 */
async function exchange(proxy: RawProxy, method: string, version: string, pieces: readonly string[]): Promise<string> {
  proxy.onRequest = (connection) => {
    let index = 0;
    const next = () => {
      if (index === pieces.length) return void connection.socket.end();
      connection.send(pieces[index] as string);
      index += 1;
      setImmediate(next);
    };
    next();
  };
  const text = await proxy.exchange(
    `${method} ${proxy.tokenPath}/ HTTP/${version}\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  return text.replace(/\r\nDate: [^\r]*/, '').replace(/"id":"\w+"/, '');
}
