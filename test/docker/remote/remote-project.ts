import { onTestFinished } from 'vitest';
import { type DevRun, startDev } from '../../support/cli.js';
import { post } from '../../support/http.js';
import { makeProject, makeTempFolder } from '../../support/project.js';
import { waitFor } from '../../support/wait.js';

/** Runs as its own user, counts its output lines, and stores what it receives in its mount. */
const SERVER = `
const fs = require('fs');
let count = 0;
setInterval(() => { console.log('tick ' + count); console.error('tock ' + count); count += 1; }, 100);
process.on('SIGTERM', () => process.exit(0));
require('http').createServer((request, response) => {
  if (request.url === '/save') fs.writeFileSync('/plane-data/file', 'kept');
  const kept = fs.existsSync('/plane-data/file') ? fs.readFileSync('/plane-data/file', 'utf8') : 'nothing';
  response.end(JSON.stringify({ kept, port: process.env.PORT, key: process.env.SESSION_BACKEND_KEY }));
}).on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n');
  socket.pipe(socket);
}).listen(8080);
`;

const DOCKERFILE = 'FROM node:22-slim\nCOPY server.js /\nUSER node\nCMD ["node", "/server.js"]\n';

/** The part of a connect response that is needed. */
interface Connected {
  url: string;
  backend_id: string;
  spawned: boolean;
}

/** Makes a project whose backends are containers. @returns its folder */
export function makeRemoteProject(config: object = {}): string {
  return makeProject({ Dockerfile: DOCKERFILE, 'server.js': SERVER, 'jamsocket.config.json': config });
}

/** A dev server that uses an engine on another machine. */
export interface RemoteDev extends DevRun {
  connect(body?: object): Promise<Connected>;
}

/**
 * Starts a dev server and waits for its image.
 * @param env the address of the engine
 * @param person the owner of the state; default: a new one
 */
export async function startRemoteDev(
  folder: string,
  env: Record<string, string>,
  person = makeTempFolder(),
): Promise<RemoteDev> {
  const all: NodeJS.ProcessEnv = { ...process.env, DOCKER_CONTEXT: '', XDG_STATE_HOME: person, ...env };
  // It first connects to another machine.
  const dev = await startDev(folder, [], { env: all, startDeadlineMs: 60_000 });
  onTestFinished(async () => {
    if (dev.process.exitCode === null && dev.process.signalCode === null) dev.process.kill('SIGTERM');
    await dev.exit;
  });
  await waitFor(() => /build {2}1: (done|failed)/.test(dev.stdout()), 'the image');
  const connect = async (body: object = {}) =>
    (await post(`${dev.apiUrl}/v2/service/-/-/connect`, body)).json<Connected>();
  return Object.assign(dev, { connect });
}

/** Returns the numbers that the server above has printed after this word, as far as they were shown. */
export function counted(dev: RemoteDev, word: 'tick' | 'tock'): number[] {
  return [...dev.stdout().matchAll(new RegExp(`\\| ${word} (\\d+)`, 'g'))].map(([, number]) => Number(number));
}
