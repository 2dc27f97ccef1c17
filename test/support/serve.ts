import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { buildBackendImage, docker, hasDocker, removeImage } from '../engine/drivers/backend-image.js';
import { hasPlane, type PlaneCluster, requiresPlane, startPlane } from '../engine/drivers/plane-cluster.js';
import { keepCli, type Run, stopRun } from './cli.js';
import { runSql } from './postgres.js';
import { keepFolder } from './project.js';
import { waitFor } from './wait.js';

/** Whether there is a real Plane for tests: controller, drone, proxy, PostgreSQL and a Docker Engine. */
const canRun = requiresPlane || (hasDocker() && hasPlane());
/** Each test starts processes and containers, and waits for several of them. */
const TEST_TIMEOUT_MS = 240_000;
/** How long a test waits for a process or a container to start. */
export const START_DEADLINE_MS = 60_000;

/** A `describe` for such tests. */
export function describeServe(name: string, tests: () => void): void {
  describe.skipIf(!canRun)(name, { timeout: TEST_TIMEOUT_MS }, tests);
}
if (!canRun) console.log('There is no Plane or no Docker Engine: the tests of jamdev serve on a cluster are skipped.');

/** A cluster for the tests of a `describe`. */
export interface TestCluster {
  readonly plane: PlaneCluster;
  /** The backend's image, which the drone already has. */
  readonly image: string;
  /** The name of the only drone. */
  readonly drone: string;
  /** Creates an empty database for a `jamdev serve`. @param options after its name @returns its URL */
  createDatabase(options?: string): Promise<string>;
}

/** Starts a cluster for all tests of a `describe`. */
export function useCluster(): TestCluster {
  let plane: PlaneCluster;
  let image: string;
  let drone: string;
  beforeAll(async () => {
    [plane, image] = await Promise.all([startPlane(), buildBackendImage()]);
    const state = await fetch(`${plane.controllerUrl}/ctrl/c/${plane.cluster}/state`);
    drone =
      ((await state.json()) as { drones: { node: { name: { Drone: string } } }[] }).drones[0]?.node.name.Drone ?? '';
  }, 120_000);
  afterAll(async () => {
    await plane?.stop();
    await removeImage(image);
  });
  return {
    get plane() {
      return plane;
    },
    get image() {
      return image;
    },
    get drone() {
      return drone;
    },
    async createDatabase(options = '') {
      const name = `serve${randomBytes(6).toString('hex')}`;
      await runSql(plane.databaseUrl, `create database ${name} ${options}`);
      const url = new URL(plane.databaseUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
  };
}

/** A `jamdev serve` in its own process. */
export interface ServeRun extends Run {
  url: string;
  /** The path of its config file. */
  folder: string;
  database: string;
  /** The lines of its log. */
  log(): Record<string, unknown>[];
}

interface ServeOptions {
  database?: string;
  /** Overrides the config, which has a service `default` with the backend's image. */
  config?: Record<string, unknown>;
  serve?: Record<string, unknown>;
  env?: NodeJS.ProcessEnv;
}

/** Starts `jamdev serve` on a free port in front of a cluster, and waits until it listens. It ends with the test. */
export async function startServe(cluster: TestCluster, options: ServeOptions = {}): Promise<ServeRun> {
  const { serve, stop } = await keepServe(cluster, options);
  onTestFinished(stop);
  return serve;
}

/** The same for any duration, independent of a test. */
export async function keepServe(
  cluster: TestCluster,
  options: ServeOptions = {},
): Promise<{ serve: ServeRun; stop: () => Promise<void> }> {
  const { plane, image, drone } = cluster;
  const database = options.database ?? (await cluster.createDatabase());
  const config = {
    services: { default: { image, pullPolicy: 'Never' }, other: { image, pullPolicy: 'Never' } },
    ...options.config,
    serve: {
      controller: plane.controllerUrl,
      cluster: plane.cluster,
      port: 0,
      drones: { [drone]: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock' },
      ...options.serve,
    },
  };
  const project = keepFolder({ 'jamsocket.config.json': JSON.stringify(config) });
  const env = { JAMDEV_SERVE_DATABASE: database, ...options.env };
  const run = keepCli(['serve'], { cwd: project.path, env });
  const log = () => linesOf(run.stdout());
  const stop = async () => {
    await stopRun(run);
    project.remove();
  };
  try {
    const listening = await waitFor(
      () => {
        if (run.process.exitCode !== null) throw new Error(`jamdev serve ended:\n${run.stderr()}${run.stdout()}`);
        return log().find(({ msg }) => msg === 'listening');
      },
      'jamdev serve to listen',
      START_DEADLINE_MS,
    );
    return { serve: { ...run, url: String(listening.url), folder: project.path, database, log }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Whether the container of a backend is running. */
export async function isContainerRunning(backendId: string): Promise<boolean> {
  const found = await docker('ps', '--filter', `name=^plane-${backendId}$`, '--format', '{{.Names}}');
  return found !== '';
}
