import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { startDevServer } from '../../../src/dev-server/start-dev-server.js';
import { BACKEND_FOLDER } from '../../engine/drivers/backend-image.js';
import { keepFolder } from '../project.js';
import { ApiExpectations } from './differences.js';
import { type ApiSuite, type ApiTarget, SERVICES, TestApi } from './test-api.js';

/** A dev server in this process, with child processes. */
const DEV: ApiTarget = {
  name: 'dev',
  ownBodies: ['/_jamdev/build'],
  async open() {
    const { api, close } = await start();
    onTestFinished(close);
    return api;
  },
  share() {
    let started: Awaited<ReturnType<typeof start>>;
    beforeAll(async () => {
      started = await start();
    });
    afterAll(() => started?.close());
    return () => started.api;
  },
};

/** Runs a suite on dev servers. */
export function onDev(suite: ApiSuite): void {
  suite(DEV);
}

async function start(): Promise<{ api: TestApi; close: () => Promise<void> }> {
  const services = Object.fromEntries(SERVICES.map((name) => [name, { command: 'node backend.mjs', watch: false }]));
  const project = keepFolder({ 'jamsocket.config.json': { services } });
  cpSync(join(BACKEND_FOLDER, 'backend.mjs'), join(project.path, 'backend.mjs'));
  const server = await startDevServer({ folder: project.path, port: 0, proxyPort: 0 });
  const faults: unknown[] = [];
  server.events.subscribe((event) => {
    if (event.type === 'fault') faults.push(event);
  });
  const api = new TestApi({
    url: server.apiUrl,
    proxyUrl: server.proxyUrl,
    cluster: 'localhost',
    account: 'acme',
    token: 'any.token',
    image: 'latest',
    expectations: ApiExpectations.ofDev(),
    spawned: async () => server.parts.platform.backends.map(({ id }) => id),
    faults: () => faults,
  });
  const close = async () => {
    await server.close(true);
    project.remove();
  };
  return { api, close };
}
