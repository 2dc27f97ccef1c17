// A backend that shows every byte it receives and answers with the bytes it is given: a TCP server that knows no more
// of HTTP than where a request ends. It is controlled by requests below /engine-control/, which come through the proxy
// like any others, and by the variable BACKEND (JSON) about its own life. See README.md.
import { createServer } from 'node:net';

/** @type {{ startDelayMs?: number, exit?: number, listen?: string, port?: number, listenDelayMs?: number, probe?: string, onSigterm?: 'ignore' | number }} */
const life = JSON.parse(process.env.BACKEND ?? '{}');
/** By the secret of their connection: what to answer, and what was received. */
const exchanges = new Map();
const probes = [];
const signals = [];
const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

process.on('SIGTERM', () => {
  signals.push('SIGTERM');
  if (life.onSigterm === 'ignore') return;
  setTimeout(() => process.exit(0), life.onSigterm ?? 0);
});

function exchangeOf(name) {
  if (!exchanges.has(name)) exchanges.set(name, { answers: [], requests: [] });
  return exchanges.get(name);
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const connection = { bytes: '', ended: undefined, socket, wake: [] };
  const changed = () => {
    for (const wake of connection.wake.splice(0)) wake();
  };
  socket.on('data', (chunk) => {
    connection.bytes += chunk.toString('latin1');
    changed();
  });
  const end = (how) => () => {
    connection.ended ??= how;
    changed();
  };
  socket.on('end', end('end'));
  socket.on('error', end('reset'));
  socket.on('close', end('closed'));
  serve(connection).catch((error) => {
    console.log(error.stack);
    socket.destroy();
  });
});

/** Waits until a condition holds; false if the connection ended first. */
async function until(connection, holds) {
  while (!holds()) {
    if (connection.ended !== undefined) return false;
    await new Promise((resolve) => connection.wake.push(resolve));
  }
  return true;
}

async function serve(connection) {
  while (await until(connection, () => connection.bytes.includes('\r\n\r\n'))) {
    const at = connection.bytes.indexOf('\r\n\r\n') + 4;
    const head = connection.bytes.slice(0, at);
    connection.bytes = connection.bytes.slice(at);
    const value = (name) => new RegExp(`\r\n${name}:[ \t]*([^\r]*)`, 'i').exec(head)?.[1];
    const [, method = '', target = ''] = /^(\S+) (\S+)/.exec(head) ?? [];
    // A static token stays in the path.
    const control = /^(?:\/s\.[^/]+)?\/engine-control\/([^?]+)/.exec(target)?.[1];
    const request = { head, body: '', complete: false };
    let isOpen;
    if (control !== undefined) {
      await readBody(connection, request, value);
      const answer = await controls(control.split('/'), request.body);
      const text = JSON.stringify(answer ?? null);
      isOpen = await play(connection, request, {
        pieces: [
          `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${Buffer.from(text).toString('latin1')}`,
        ],
      });
    } else if (value('x-verified-backend') === undefined) {
      probes.push(request);
      isOpen = await play(connection, request, { pieces: [life.probe ?? answerTo(method)], ending: 'end' });
    } else {
      const exchange = exchangeOf(value('x-verified-secret') || 'none');
      exchange.requests.push(request);
      const answer = exchange.answers.shift() ?? { pieces: [answerTo(method)] };
      const isWhole = () => answer.when === 'head' || readBody(connection, request, value);
      isOpen = (await isWhole()) && (await play(connection, request, answer));
      if (answer.when === 'head' && isOpen && answer.pieces.length > 0) await readBody(connection, request, value);
      request.complete = true;
    }
    if (!isOpen) break;
  }
}

function answerTo(method) {
  return method === 'HEAD' ? PLAIN.slice(0, -2) : PLAIN;
}

/** Moves the body of a request from the connection to the request. @returns whether it is complete */
async function readBody(connection, request, value) {
  const take = (count) => {
    request.body += connection.bytes.slice(0, count);
    connection.bytes = connection.bytes.slice(count);
  };
  if (/chunked/i.test(value('transfer-encoding') ?? '')) {
    // The last chunk, the trailers and the empty line after them.
    const whole = /(^|\r\n)0[^\r]*\r\n([^\r]+\r\n)*\r\n/;
    const isWhole = await until(connection, () => whole.test(connection.bytes));
    take(isWhole ? connection.bytes.search(whole) + whole.exec(connection.bytes)[0].length : connection.bytes.length);
    return isWhole;
  }
  const length = Number(value('content-length') ?? 0);
  const isWhole = await until(connection, () => connection.bytes.length >= length);
  take(length);
  return isWhole;
}

/**
 * Writes the pieces of an answer: text as one write, `{ until }` waits for text after the request, `{ waitMs }` waits.
 * @returns whether the connection may serve another request
 */
async function play(connection, request, { pieces = [], ending = 'keep' }) {
  const { socket } = connection;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      await new Promise((resolve) => socket.write(Buffer.from(piece, 'latin1'), resolve));
    } else if (piece.until !== undefined) {
      if (!(await until(connection, () => connection.bytes.includes(piece.until)))) break;
    } else {
      await new Promise((resolve) => setTimeout(resolve, piece.waitMs));
    }
  }
  if (ending === 'keep') return true;
  if (ending === 'reset') socket.resetAndDestroy();
  if (ending === 'end') socket.end();
  if (ending === 'open' || ending === 'end') await until(connection, () => false);
  request.after = connection.bytes;
  request.end = connection.ended;
  connection.bytes = '';
  socket.destroy();
  return false;
}

async function controls([what, name], body) {
  if (what === 'script') exchangeOf(name).answers = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
  if (what === 'seen') return exchangeOf(name).requests;
  if (what === 'probes') return probes;
  if (what === 'signals') return signals;
  if (what === 'env') return process.env;
  if (what === 'pid') return process.pid;
  if (what === 'print') console.log(Buffer.from(body, 'latin1').toString('utf8'));
  if (what === 'exit') setImmediate(() => process.exit(Number(name)));
}

setTimeout(() => {
  if (life.exit !== undefined) process.exit(life.exit);
  const port = life.port ?? Number(process.env.PORT ?? 8080);
  if (life.listen !== 'never') {
    setTimeout(
      () => server.listen(port, life.listen ?? '0.0.0.0', () => console.log(`listening on ${port}`)),
      life.listenDelayMs ?? 0,
    );
  }
  setInterval(() => undefined, 60_000);
}, life.startDelayMs ?? 0);
