import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { connectEngine, type Engine } from '../../src/docker-engine/engine.js';
import { removeImage } from '../../src/images/classic-stages.js';
import { buildImage } from '../../src/images/image-build.js';
import { removeLeftovers } from '../../src/images/leftovers.js';
import { newBackendId } from '../../src/platform/ids.js';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.js';
import type { ContainerBuild, RuntimeBackend, SpawnRequest } from '../../src/runtime/runtime.js';
import type { Started } from '../runtime/runtime-suite.js';
import type { DevRun } from '../support/cli.js';
import { fixture } from '../support/project.js';
import { DEADLINE_MS } from '../support/wait.js';

const connected = await connectEngine({ signal: AbortSignal.timeout(DEADLINE_MS) }).catch((error: Error) => error);
const missing = connected instanceof Error ? connected : undefined;

/** The engine that the tests use. @throws when none answers */
export function testEngine(): Engine {
  if (connected instanceof Error) throw connected;
  return connected;
}

/** Tests that need an engine. Without one they are skipped, or fail if JAMDEV_REQUIRE_DOCKER=1 is set. */
export const describeDocker = describe.skipIf(missing !== undefined && process.env.JAMDEV_REQUIRE_DOCKER !== '1');

const canStartEngine = process.platform === 'linux' && process.getuid?.() === 0 && missing === undefined;

/** Tests that need an engine of their own, which requires Linux and root. */
export const describeOwnEngine = describe.skipIf(!canStartEngine && process.env.JAMDEV_REQUIRE_DOCKER !== '1');

/** Runs a docker command. @returns what it printed */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args);
  return stdout.trim();
}

/** Writes a Dockerfile and fixtures: containers of its image run the command line in TEST_COMMAND. */
function writeCommandProject(folder: string): void {
  const dockerfile = `FROM node:22-slim
COPY fixtures /fixtures
ENTRYPOINT ["/bin/sh", "-c", "eval \\"$TEST_COMMAND\\""]
`;
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  const servers = ['usage.mjs', 'strange-server.mjs', 'pooled-server.mjs', 'self-signed.pem'];
  for (const name of ['print.mjs', 'family.mjs', ...servers]) {
    cpSync(fixture(name), join(folder, 'fixtures', name));
  }
}

/** Builds an image for tests, without the code under test. @returns its tag */
export async function buildTestImage(
  project: string,
  label = project,
  engine = testEngine(),
  stateId?: string,
): Promise<string> {
  const { ok, failure, lines, image } = await buildImage(
    engine,
    {
      project: label,
      stateId,
      service: 'default',
      runId: `build-${newBackendId()}`,
      number: 1,
      dockerfile: join(project, 'Dockerfile'),
      context: project,
    },
    new AbortController().signal,
    () => undefined,
  );
  if (!ok) throw new Error(`the test image was not built: ${failure}\n${lines.join('\n')}`);
  return image;
}

/** How a test may request a backend in an unusual way. */
export interface StartOptions {
  runtime?: DockerRuntime;
  build?: Partial<ContainerBuild>;
  request?: Partial<SpawnRequest>;
  signal?: AbortSignal;
}

export interface StartedContainer extends Started {
  id: string;
  remarks: string[];
}

/** A docker runtime for the tests of a file, with an image that runs any command; everything ends with the file. */
export function useDockerRuntime(volumes = '/nonexistent', connect: () => Promise<Engine> = async () => testEngine()) {
  const project = `/test/${newBackendId()}`;
  const runId = newBackendId();
  const controls = join(tmpdir(), `jamdev-controls-${runId}`);
  let engine: Engine;
  let shared: DockerRuntime;
  const runtimes: DockerRuntime[] = [];
  const makeRuntime = (of = engine) => {
    const options = { engine: of, project, stateId: runId, owner: 'test@here', runId };
    const runtime = new DockerRuntime({
      ...options,
      volumes: [volumes],
      controls,
    });
    runtimes.push(runtime);
    return runtime;
  };
  const cleared = () => Promise.all(runtimes.map((runtime) => runtime.cleared()));
  let image = '';
  const running: RuntimeBackend[] = [];

  beforeAll(async () => {
    if (missing !== undefined) throw missing;
    const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-'));
    writeCommandProject(folder);
    engine = await connect();
    shared = makeRuntime();
    image = await buildTestImage(folder, project, engine);
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const backend of running) backend.terminate(true);
    await Promise.all(running.splice(0).map((backend) => backend.exited));
    await cleared();
  });
  afterAll(async () => {
    if (missing !== undefined) return;
    await shared.close();
    // Cleans up after any failure; without one, only the image is left.
    const left = await removeLeftovers(engine, { project, isRunAlive: () => false });
    await removeImage(engine, image);
    rmSync(controls, { recursive: true, force: true });
    expect(left).toBe(0);
  });

  async function start(
    command: string,
    env: Record<string, string> = {},
    { runtime = shared, build, request, signal = new AbortController().signal }: StartOptions = {},
  ): Promise<StartedContainer> {
    const id = newBackendId();
    const chunks: Buffer[] = [];
    const remarks: string[] = [];
    const backend = await runtime.spawn(
      {
        backendId: id,
        service: 'default',
        key: 'key',
        build: {
          kind: 'container',
          number: 1,
          image,
          digest: image,
          env: {},
          network: undefined,
          init: undefined,
          platform: undefined,
          ...build,
        },
        env: { SESSION_BACKEND_ID: id, TEST_COMMAND: command, ...env },
        onOutput: (_source, chunk) => void chunks.push(chunk),
        onRemark: (text) => void remarks.push(text),
        ...request,
      },
      signal,
    );
    running.push(backend);
    return { id, backend, remarks, output: () => Buffer.concat(chunks).toString('latin1') };
  }

  /** What is left of ended backends after their containers were removed. */
  async function remains(): Promise<string[]> {
    await cleared();
    return containersOf(project);
  }

  return { start, makeRuntime, project, runId, controls, image: () => image, remains, cleared };
}

/**
 * Records events of a project's containers from now on until the test ends. The engine remembers only its last 256
 * events, of all tests: too few to query them afterwards.
 * @returns the actions so far
 */
export function followEvents(project: string, actions: readonly string[]): () => string[] {
  const filters = ['type=container', `label=dev.jamdev.project=${project}`, ...actions.map((each) => `event=${each}`)];
  const args = ['--since', String(Date.now() / 1_000), '--format', '{{.Status}}'];
  const child = spawn('docker', ['events', ...args, ...filters.flatMap((filter) => ['--filter', filter])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return () => printed.split('\n').slice(0, -1);
}

/** The containers of a project, including dead ones. */
export async function containersOf(project: string): Promise<string[]> {
  const listed = await docker('ps', '--all', '--quiet', '--filter', `label=dev.jamdev.project=${project}`);
  return listed.split('\n').filter((id) => id !== '');
}

/** Ends a dev server, and removes what a failed test left; after a successful test there is nothing. */
export async function cleanUp(dev: DevRun): Promise<void> {
  if (dev.process.exitCode === null && dev.process.signalCode === null) dev.process.kill('SIGTERM');
  await dev.exit;
  const left = await containersOf(dev.folder);
  if (left.length > 0) await docker('rm', '--force', ...left);
  for (const image of await imagesOf(dev.folder)) await docker('rmi', '--force', image);
}

/** The names of a project's images. */
export async function imagesOf(project: string): Promise<string[]> {
  // Each name begins with a hash of the project.
  const hash = createHash('sha256').update(project).digest('hex').slice(0, 8);
  const filter = ['--filter', `reference=jamdev/${hash}-*`];
  const listed = await docker('images', ...filter, '--format', '{{.Repository}}:{{.Tag}}');
  return listed.split('\n').filter((name) => name !== '');
}
