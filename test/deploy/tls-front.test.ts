import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect as openConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { docker } from '../engine/drivers/backend-image.js';
import { startCompose } from '../support/compose.js';
import { ENGINE_SOCKET } from '../support/drones.js';
import { freePort } from '../support/free-port.js';
import { isInstalled } from '../support/installed.js';
import { makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { hasRegistry } from '../support/registry.js';
import { describeServe, START_DEADLINE_MS } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

const run = promisify(execFile);
const hasNginx = isInstalled('nginx');
if (!hasNginx) console.log('There is no nginx: the tests of TLS in front of jamdev serve are skipped.');

/** Shows its request's headers, and echoes everything after an upgrade. */
const BACKEND = `
import { createServer } from 'node:http';
const server = createServer(({ headers }, response) => response.end(JSON.stringify(headers)));
server.on('upgrade', (_, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n');
  socket.pipe(socket);
});
server.listen(8080);
`;

/** Starts nginx with the config of `deploy`, on another port and with its own certificates. @returns the authority's */
async function startNginx(ports: { front: number; api: number; proxy: number }): Promise<string> {
  const folder = makeTempFolder();
  const tls = join(folder, 'tls');
  mkdirSync(tls);
  const names = ['api.example.com', 'sessions.example.com', '*.sessions.example.com']
    .map((name) => `DNS:${name}`)
    .join();
  for (const of of ['api', 'sessions']) {
    const files = ['-keyout', join(tls, `${of}-key.pem`), '-out', join(tls, `${of}.pem`)];
    const own = ['-subj', `/CN=${of}`, '-addext', `subjectAltName=${names}`];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...own]);
  }
  const config = readFileSync(join(ROOT, 'deploy', 'nginx.conf'), 'utf8')
    .replaceAll('listen 443', `listen 127.0.0.1:${ports.front}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${ports.api}`)
    .replaceAll('127.0.0.1:9090', `127.0.0.1:${ports.proxy}`)
    .replaceAll('/etc/nginx/tls', tls)
    // The machine's own nginx is not affected.
    .replace('http {', `http {\n  access_log off;\n  client_body_temp_path ${folder};\n  proxy_temp_path ${folder};`);
  writeFileSync(join(folder, 'nginx.conf'), config);
  const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', `daemon off; pid ${join(folder, 'pid')};`];
  await run('nginx', ['-t', ...args]);
  const nginx = spawn('nginx', args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => nginx.once('close', resolve));
  onTestFinished(async () => {
    nginx.kill('SIGTERM');
    await ended;
  });
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = openConnection(ports.front, '127.0.0.1');
      for (const [event, isOpen] of [
        ['connect', true],
        ['error', false],
      ] as const) {
        socket.once(event, () => {
          socket.destroy();
          resolve(isOpen);
        });
      }
    });
  await waitFor(listens, 'nginx to listen', START_DEADLINE_MS);
  return readFileSync(join(tls, 'api.pem'), 'utf8') + readFileSync(join(tls, 'sessions.pem'), 'utf8');
}

describe.runIf(hasNginx && hasRegistry)('nginx with TLS in front', () => {
  describeServe('configured by deploy/nginx.conf', () => {
    test('passes on the API with streams, and pages and WebSockets of sessions with their own origins', async () => {
      const [front, api, controller, proxy, registry] = await Promise.all(Array.from({ length: 5 }, freePort));
      const ports = { front: front ?? 0, api: api ?? 0, proxy: proxy ?? 0 };
      const image = `jamdev-front:${front}`;
      const build = makeProject({
        Dockerfile: 'FROM node:22-slim\nCOPY app.mjs /\nCMD ["node", "/app.mjs"]\n',
        'app.mjs': BACKEND,
      });
      await docker('build', '--quiet', '--tag', image, build);
      onTestFinished(async () => void (await docker('rmi', '--force', image)));
      const folder = makeProject({
        'jamsocket.config.json': { services: { doc: { image, pullPolicy: 'Never' } } },
        'databases.sql': readFileSync(join(ROOT, 'deploy', 'databases.sql'), 'utf8'),
      });
      const { printed: token } = await startCompose(join(ROOT, 'deploy', 'compose.yaml'), {
        ports: { 8080: ports.api, 8081: controller ?? 0, 9090: ports.proxy, 5000: registry ?? 0 },
        folder,
        volumes: makeTempFolder(),
        engineSocket: ENGINE_SOCKET.slice('unix://'.length),
        variables: {
          JAMDEV_CLUSTER: 'sessions.example.com',
          JAMDEV_SERVE_PUBLIC_URL: 'https://api.example.com',
        },
        before: { part: 'serve', command: tokenCommand() },
      });
      const ca = await startNginx(ports);
      /** Like a browser that resolves all names to this machine. */
      const ask = (url: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
        new Promise<{ answer: IncomingMessage; socket?: Socket }>((resolve, reject) => {
          const { body, headers: own, ...rest } = options;
          // Plane makes https:// URLs only for clusters without a port.
          const headers = { host: new URL(url).host, ...own };
          const lookup = (_: string, __: object, done: (error: null, found: object[]) => void) =>
            done(null, [{ address: '127.0.0.1', family: 4 }]);
          const asked = request(url, { ...rest, headers, port: front, ca, agent: false, lookup: lookup as never });
          asked.once('response', (answer) => resolve({ answer }));
          asked.once('upgrade', (answer, socket) => resolve({ answer, socket }));
          asked.once('error', reject);
          asked.end(body);
        });

      const base = 'https://api.example.com';
      expect((await ask(`${base}/auth`)).answer.statusCode).toBe(401);
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const connect = { method: 'POST', headers, body: '{"key":"first"}' };
      const { answer } = await ask(`${base}/v2/service/acme/doc/connect`, connect);
      const connected = JSON.parse(await text(answer));
      expect(answer.statusCode, JSON.stringify(connected)).toBe(200);
      const { backend_id: id, url, status_url } = connected;
      onTestFinished(async () => void (await docker('rm', '--force', `plane-${id}`)));
      expect(url).toMatch(new RegExp(`^https://${id}\\.sessions\\.example\\.com/[\\w-]{43}/$`));
      expect(status_url).toBe(`${base}/v2/backend/${id}/status`);

      // Statuses arrive while the stream is open.
      const { answer: stream } = await ask(`${status_url}/stream`);
      let statuses = '';
      stream.setEncoding('utf8').on('data', (chunk) => {
        statuses += chunk;
      });
      await waitFor(() => statuses.includes('"ready"'), 'the status', START_DEADLINE_MS);

      const page = await ask(url, { headers: { 'x-forwarded-for': '192.0.2.1' } });
      expect(page.answer.statusCode).toBe(200);
      // Plane's proxy overwrites what the front says.
      expect(JSON.parse(await text(page.answer))).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
      });

      const upgrade = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'a2V5',
      };
      const { answer: switched, socket } = await ask(url, { headers: upgrade });
      expect(switched.statusCode).toBe(101);
      let echoed = '';
      socket?.setEncoding('utf8').on('data', (chunk) => {
        echoed += chunk;
      });
      socket?.write('hello');
      await waitFor(() => echoed === 'hello', 'the echo', START_DEADLINE_MS);

      await ask(`${base}/v2/backend/${id}/terminate`, { method: 'POST', headers, body: '{"hard":true}' });
      await waitFor(() => statuses.includes('"terminated"') && stream.complete, 'the end', START_DEADLINE_MS);
    });
  });
});

test.runIf(isInstalled('caddy'))('Caddy accepts its config', async () => {
  await run('caddy', ['validate', '--adapter', 'caddyfile', '--config', join(ROOT, 'deploy', 'Caddyfile')]);
});

/** The docs use this address to create a token before the platform can be reached from elsewhere. */
function tokenCommand(): string[] {
  const docs = readFileSync(join(ROOT, 'docs', 'serve.md'), 'utf8');
  const command = /^docker compose run --rm serve (.+)$/m.exec(docs)?.[1];
  return command?.split(' ') ?? expect.unreachable('docs/serve.md creates no token');
}
