import { cpSync } from 'node:fs';
import type { DevServer } from '../../../src/dev-server/dev-server.js';
import { startDevServer } from '../../../src/dev-server/start-dev-server.js';
import { post } from '../../support/http.js';
import { keepFolder } from '../../support/project.js';
import { BACKEND_FOLDER, docker } from './backend-image.js';
import type { ConnectAnswer, ConnectOptions, Driver } from './driver.js';
import { readStatuses } from './status-stream.js';

/** Starts a dev server with child processes or containers, and uses its HTTP API. */
export async function startJamdevDriver(name: 'processes' | 'containers'): Promise<Driver> {
  const project = keepFolder({ 'jamsocket.config.json': projectConfig(name) });
  cpSync(BACKEND_FOLDER, project.path, { recursive: true });
  const server = await startDevServer({ folder: project.path, port: 0, proxyPort: 0 });
  return {
    name,
    proxyPort: Number(new URL(server.proxyUrl).port),
    connect: (options) => connect(server, options),
    terminate: async (id, kind) =>
      (await post(`${server.apiUrl}/v2/backend/${id}/terminate`, { hard: kind === 'hard' })).status,
    statusesUntil: (id, status) => readStatuses(`${server.apiUrl}/v2/backend/${id}/status/stream`, status),
    async kill(id, pid) {
      if (name === 'containers') await docker('kill', await containerOf(id));
      else process.kill(pid, 'SIGKILL');
    },
    async close() {
      await server.close(true);
      project.remove();
    },
  };
}

/** Here, static tokens are a setting of the service. */
const SERVICES = { main: {}, other: {}, static: { useStaticToken: true } };

function projectConfig(name: 'processes' | 'containers') {
  const runs =
    name === 'processes'
      ? { runtime: 'process', command: 'node backend.mjs' }
      : { runtime: 'docker', dockerfile: 'Dockerfile', platform: 'native' };
  const services = Object.entries(SERVICES).map(([service, more]) => [service, { ...runs, ...more }]);
  return { services: Object.fromEntries(services) };
}

async function connect(server: DevServer, options: ConnectOptions): Promise<ConnectAnswer> {
  const service = options.useStaticToken ? 'static' : (options.service ?? 'main');
  const { key, user, auth, spawn, maxIdleSeconds, lifetimeLimitSeconds, env } = options;
  const answer = await post(`${server.apiUrl}/v2/service/-/${service}/connect`, {
    key,
    user,
    auth,
    spawn:
      spawn === false
        ? false
        : {
            max_idle_seconds: maxIdleSeconds,
            lifetime_limit_seconds: lifetimeLimitSeconds,
            executable: { env: env ?? {} },
          },
  });
  if (answer.status !== 200) {
    return { ok: false, httpStatus: answer.status, code: answer.json<{ error: { code: string } }>().error.code };
  }
  const { backend_id, spawned, status, token, url, secret_token } = JSON.parse(answer.text);
  return { ok: true, id: backend_id, spawned, status, token, url, secret: secret_token ?? undefined };
}

async function containerOf(id: string): Promise<string> {
  const names = await docker('ps', '--format', '{{.Names}}', '--filter', `name=${id}`);
  if (names === '' || names.includes('\n')) throw new Error(`not one container of ${id}: ${names}`);
  return names;
}
