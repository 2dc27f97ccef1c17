import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { post, send } from '../support/http.js';
import { isInstalled } from '../support/installed.js';
import { makeTempFolder } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';
import { buildBackendImage, docker, hasDocker, removeImage } from './drivers/backend-image.js';
import { hasPlane, PLANE_SCRIPT, PLANE_VERSION } from './drivers/plane-cluster.js';

const TIMEOUT_MS = 180_000;
const run = promisify(execFile);

/** A cluster with one running container. */
interface Cluster {
  env: NodeJS.ProcessEnv;
  folder: string;
  controllerUrl: string;
  pids: number[];
  container: string;
}

let image = '';

async function startCluster(owner?: number): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-plane-'));
  const env = { ...process.env, JAMDEV_PLANE_FOLDER: folder };
  onTestFinished(async () => void (await run(PLANE_SCRIPT, ['stop'], { env })));
  const { stdout } = await run(PLANE_SCRIPT, ['start', ...(owner === undefined ? [] : [String(owner)])], { env });
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  const controllerUrl = value('PLANE_CONTROLLER_URL');
  const answer = await post(`${controllerUrl}/ctrl/connect`, {
    spawn_config: { executable: { image, pull_policy: 'Never', env: {} } },
  });
  const container = `plane-${answer.json<{ backend_id: string }>().backend_id}`;
  await waitFor(() => exists(container), 'its container', TIMEOUT_MS);
  const pids = ['CONTROLLER', 'DRONE', 'PROXY'].map((part) => Number(value(`PLANE_${part}_PID`)));
  return { env, folder, controllerUrl, pids, container };
}

async function exists(container: string): Promise<boolean> {
  return (await docker('ps', '--all', '--format', '{{.Names}}')).split('\n').includes(container);
}

async function expectGone({ folder, pids, container }: Cluster): Promise<void> {
  expect(existsSync(folder)).toBe(false);
  expect(await living(pids)).toEqual([]);
  expect(await exists(container)).toBe(false);
}

if (hasDocker() && hasPlane()) {
  describe('plane.sh', () => {
    beforeAll(async () => {
      image = await buildBackendImage();
    }, TIMEOUT_MS);
    afterAll(() => removeImage(image), TIMEOUT_MS);

    test('starts clusters side by side, and stops one with everything that belongs to it', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const [first, second] = await Promise.all([startCluster(), startCluster()]);
      await run(PLANE_SCRIPT, ['stop'], { env: first.env });
      await expectGone(first);
      expect(await living(second.pids)).toEqual(second.pids);
      expect(await exists(second.container)).toBe(true);
      expect((await send(`${second.controllerUrl}/pub/health`)).status).toBe(200);
      // Nothing is left to stop.
      await run(PLANE_SCRIPT, ['stop'], { env: first.env });
    });

    test('finds a running cluster', { timeout: TIMEOUT_MS }, async () => {
      const { env, controllerUrl } = await startCluster();
      const { stdout } = await run(PLANE_SCRIPT, ['start'], { env });
      expect(stdout).toContain(`PLANE_CONTROLLER_URL=${controllerUrl}\n`);
    });

    test('leaves nothing if it and its owner are killed during the start', { timeout: TIMEOUT_MS }, async () => {
      const owner = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)']);
      const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-plane-'));
      const env = { ...process.env, JAMDEV_PLANE_FOLDER: folder };
      onTestFinished(async () => void (await run(PLANE_SCRIPT, ['stop'], { env })));
      const starter = spawn(PLANE_SCRIPT, ['start', String(owner.pid)], { env, stdio: 'ignore' });
      await waitFor(() => existsSync(join(folder, 'controller.pid')), 'the controller to be started', TIMEOUT_MS);
      starter.kill('SIGKILL');
      const pid = await waitFor(() => Number(readFileSync(join(folder, 'controller.pid'), 'utf8')), 'its pid');
      owner.kill('SIGKILL');
      await waitFor(() => !existsSync(folder), 'its folder to be removed', TIMEOUT_MS);
      expect(await living([pid])).toEqual([]);
    });

    test('leaves nothing if it cannot start and its output is not read', { timeout: TIMEOUT_MS }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-plane-'));
      const env = { ...process.env, JAMDEV_PLANE_FOLDER: folder, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
      const starter = spawn(PLANE_SCRIPT, ['start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      starter.stdout.destroy();
      starter.stderr.destroy();
      const [code] = await once(starter, 'exit');
      expect(code).toBe(1);
      expect(existsSync(folder)).toBe(false);
    });

    test('stops a cluster whose owner was killed', { timeout: TIMEOUT_MS }, async () => {
      const owner = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)']);
      onTestFinished(() => void owner.kill('SIGKILL'));
      const cluster = await startCluster(owner.pid);
      owner.kill('SIGKILL');
      await waitFor(() => !existsSync(cluster.folder), 'its folder to be removed', TIMEOUT_MS);
      await expectGone(cluster);
    });
  });
}

describe('plane.sh build', () => {
  /** A machine with the usual programs, with or without cargo. */
  function makeMachine(cargo?: string): NodeJS.ProcessEnv {
    const folder = makeTempFolder();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of [
      'bash',
      'cksum',
      'cut',
      'dirname',
      'flock',
      'grep',
      'mkdir',
      'sleep',
      'touch',
      'cat',
      'chmod',
    ]) {
      for (const place of ['/bin', '/usr/bin']) {
        if (existsSync(join(place, name)) && !existsSync(join(bin, name)))
          symlinkSync(join(place, name), join(bin, name));
      }
    }
    if (cargo !== undefined) {
      writeFileSync(join(bin, 'cargo'), cargo);
      chmodSync(join(bin, 'cargo'), 0o755);
    }
    return { PATH: bin, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') };
  }

  test('says what is missing without cargo', async () => {
    const env = makeMachine();
    const failure = await run('/bin/bash', [PLANE_SCRIPT, 'build'], { env }).catch((error) => error);
    expect(failure.code).toBe(1);
    expect(failure.stderr).toContain('there is no cargo to build it: install Rust, then try again');
  });

  // macOS has none; two builds at once would only take longer there.
  test.runIf(isInstalled('flock'))('builds once for any number of callers', async () => {
    const env = makeMachine(`#!/bin/bash
echo "$RUSTFLAGS $*" >>"$XDG_CACHE_HOME/calls"
sleep 0.3
root="\${@: -1}"
mkdir -p "$root/bin"
touch "$root/bin/plane" && chmod +x "$root/bin/plane"
echo '"plane ${PLANE_VERSION} (registry)" = []' >"$root/.crates.toml"
`);
    const build = () => run('/bin/bash', [PLANE_SCRIPT, 'build'], { env });
    await Promise.all([build(), build(), build()]);
    await build();
    const cache = env.XDG_CACHE_HOME ?? '';
    expect(readFileSync(join(cache, 'calls'), 'utf8')).toBe(
      `--cfg tracing_unstable install plane --version ${PLANE_VERSION} --locked --root ${cache}/jamdev/plane\n`,
    );
  });
});
