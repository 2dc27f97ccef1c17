import { randomUUID } from 'node:crypto';
import { post } from '../../support/http.js';
import { buildBackendImage, docker, removeImage } from './backend-image.js';
import type { ConnectAnswer, ConnectOptions, Driver } from './driver.js';
import { startPlane } from './plane-cluster.js';
import { readStatusesOfPlane } from './status-stream.js';

/** Starts a Plane, or uses the one in the environment, through the HTTP API of its controller. */
export async function startPlaneDriver(): Promise<Driver> {
  const image = await buildBackendImage();
  const plane = await startPlane();
  // So that a reused cluster has no keys from before.
  const run = randomUUID().slice(0, 8);
  const api = (path: string, body?: unknown) => post(`${plane.controllerUrl}${path}`, body ?? '');

  return {
    name: 'plane',
    proxyPort: plane.proxyPort,
    async connect(options): Promise<ConnectAnswer> {
      const answer = await api('/ctrl/connect', connectBody(options, image, run));
      if (answer.status !== 200) return { ok: false, httpStatus: answer.status, code: codeOf(answer.text) };
      const { backend_id, spawned, status, token, url, secret_token } = JSON.parse(answer.text);
      return { ok: true, id: backend_id, spawned, status, token, url, secret: secret_token ?? undefined };
    },
    terminate: async (id, kind) => (await api(`/ctrl/b/${id}/${kind}-terminate`)).status,
    statusesUntil: (id, status) => readStatusesOfPlane(`${plane.controllerUrl}/pub/b/${id}/status-stream`, status),
    kill: async (id) => void (await docker('kill', `plane-${id}`)),
    async close() {
      await plane.stop();
      await removeImage(image);
    },
  };
}

function connectBody(options: ConnectOptions, image: string, run: string) {
  const { key, user, auth, env } = options;
  return {
    // A tag names the kind of backend that holds a key; a key is held only by its own kind.
    ...(key === undefined ? {} : { key: { name: key, namespace: `${run}-${options.service ?? 'main'}`, tag: '' } }),
    user,
    auth,
    ...(options.spawn === false ? {} : { spawn_config: spawnConfig(options, image, env ?? {}) }),
  };
}

function spawnConfig(options: ConnectOptions, image: string, env: Record<string, string>) {
  return {
    executable: { image, pull_policy: 'Never', env },
    max_idle_seconds: options.maxIdleSeconds,
    lifetime_limit_seconds: options.lifetimeLimitSeconds,
    use_static_token: options.useStaticToken,
  };
}

/** Some answers are plain text. */
function codeOf(text: string): string | undefined {
  return /"kind":"(\w+)"/.exec(text)?.[1];
}
