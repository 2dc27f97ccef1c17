import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { DevFlags } from '../../src/config/dev-flags.js';
import type { DevServer } from '../../src/dev-server/dev-server.js';
import type { DevServerEvent } from '../../src/dev-server/events.js';
import { startDevServer } from '../../src/dev-server/start-dev-server.js';
import type { Backend } from '../../src/platform/backend.js';
import { fixture, makeProject } from './project.js';
import { waitFor } from './wait.js';

/** Starts a dev server on free ports, which is closed by force when the test ends. */
export async function startServer(flags: DevFlags = {}): Promise<DevServer> {
  const server = await startDevServer({
    folder: flags.folder ?? makeProject(),
    command: `node ${fixture('echo-server.mjs')}`,
    port: 0,
    proxyPort: 0,
    ...flags,
  });
  onTestFinished(() => server.close(true));
  return server;
}

/** Starts one dev server for all tests of a file, which must leave it unchanged. @returns gives it to a test */
export function shareServer(): () => DevServer {
  let server: DevServer;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-test-')));
  beforeAll(async () => {
    server = await startDevServer({
      folder,
      command: `node ${fixture('echo-server.mjs')}`,
      port: 0,
      proxyPort: 0,
    });
  });
  afterAll(async () => {
    await server?.close(true);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return () => server;
}

/** Waits until a backend has a status. @returns the backend */
export async function untilStatus(server: DevServer, id: string, status: string): Promise<Backend> {
  const backend = server.parts.platform.backend(id);
  await waitFor(() => backend.history.some((state) => state.status === status), `${id} to be ${status}`);
  return backend;
}

/** Collects the events of one type from now on, until the test ends. */
export function collectEvents<T extends DevServerEvent['type']>(
  server: DevServer,
  type: T,
): Extract<DevServerEvent, { type: T }>[] {
  const collected: Extract<DevServerEvent, { type: T }>[] = [];
  const end = server.events.subscribe((event) => {
    if (event.type === type) collected.push(event as Extract<DevServerEvent, { type: T }>);
  });
  onTestFinished(end);
  return collected;
}
