// The backend of a soak. Before it listens it reports to the recorder of holders (SOAK_RECORDER, "HOST PORT") that it holds
// its key; the connection stays open as long as the process lives. Copied into the project of the soak.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { WebSocketServer } from 'ws';

const LONGEST_END_MS = 300;
const POURED_MESSAGES = 64;
const POURED_BYTES = 64 * 1024;

/** @param {number} version of the code; every answer begins with it */
export function serve(version) {
  const { SESSION_BACKEND_ID: backend, SESSION_BACKEND_KEY: key, PORT: port } = process.env;
  const [host, recorderPort] = (process.env.SOAK_RECORDER ?? '').split(' ');
  const recorder = connect(Number(recorderPort), host);
  // The recorder may end first, and this process continues.
  recorder.on('error', () => undefined);
  recorder.write(`${JSON.stringify({ backend, key, port: Number(port), tag: process.env.SOAK_TAG })}\n`);
  let isListening = false;
  recorder.on('data', () => {
    // The first message acknowledges the report, each later one asks whether this process is still alive.
    if (isListening) recorder.write('alive\n');
    else listen(version, Number(port));
    isListening = true;
  });
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), Math.random() * LONGEST_END_MS));
}

/**
 * @param {number} version
 * @param {number} port
 */
function listen(version, port) {
  const server = createServer((request, response) => {
    const [, action = '', argument = ''] = (request.url ?? '').split('/');
    if (action === 'exit') process.exit(Number(argument));
    if (action === 'abort') process.kill(process.pid, 'SIGKILL');
    if (action === 'throw') setImmediate(() => JSON.parse('soak'));
    if (action === 'who') return response.end(process.env.SOAK_TAG);
    // Never answered: the client disconnects.
    if (action === 'silence') return;
    if (action === 'print') {
      for (let line = 1; line <= Number(argument); line += 1) console.log(`line ${line} of ${argument}`);
    }
    response.end(`${version}`);
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      if (String(data) !== 'pour') return socket.send(`${version} ${data}`);
      const bytes = Buffer.alloc(POURED_BYTES);
      for (let sent = 0; sent < POURED_MESSAGES; sent += 1) socket.send(bytes);
    });
  });
  server.listen(port);
}
