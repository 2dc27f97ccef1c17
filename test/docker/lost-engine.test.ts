import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { connectEngine } from '../../src/docker-engine/engine.js';
import { systemClock } from '../../src/os/clock.js';
import { newBackendId } from '../../src/platform/ids.js';
import { waitUntilReady } from '../../src/runtime/readiness.js';
import type { ContainerBuild } from '../../src/runtime/runtime.js';
import { WarmPools } from '../../src/runtime/sdk/warm-pools.js';
import { ROOT } from '../support/project.js';
import { DEADLINE_MS, living, waitFor } from '../support/wait.js';
import { containersOf, describeOwnEngine, docker, useDockerRuntime } from './support.js';
import { standingIn } from './warm-runtime.js';

const SERVE = `exec node -e 'require("http").createServer((q, s) => s.end()).listen(8080)'`;

describeOwnEngine('an engine that stops', () => {
  // Created by the engine's start, so that a run without these tests leaves no folder behind.
  const folder = join(tmpdir(), `jamdev-test-lost-${newBackendId()}`);
  const socket = `unix://${folder}/docker.sock`;
  const engine = async (action: 'start' | 'stop') => {
    const env = { ...process.env, JAMDEV_ENGINE_FOLDER: folder, DOCKER_HOST: socket };
    await promisify(execFile)(join(ROOT, 'test', 'docker', 'engine.sh'), [action], { env });
  };
  const engineProcess = () => Number(readFileSync(join(folder, 'dockerd.pid'), 'utf8'));

  beforeAll(async () => {
    vi.stubEnv('DOCKER_HOST', socket);
    await engine('start');
  });
  afterAll(async () => {
    await engine('stop');
    vi.unstubAllEnvs();
    expect(existsSync(folder)).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });
  // Created after the engine, so that it cleans up before the engine stops.
  const { start, project, makeRuntime, image, controls } = useDockerRuntime('/nonexistent', () => connectEngine());

  test('loses its backends; when it is back, their containers are removed and new ones start', async () => {
    const lost = await start(`echo before; ${SERVE}`);
    await waitUntilReady(lost.backend.addresses, AbortSignal.timeout(DEADLINE_MS));
    const ended = await start('exit 4');
    expect(await ended.backend.exited).toEqual({ code: 4, signal: null });

    process.kill(engineProcess(), 'SIGKILL');
    expect(await lost.backend.exited).toEqual({ code: null, signal: null, lost: true });
    expect(lost.output()).toBe('before\n');
    await expect(start(SERVE)).rejects.toMatchObject({ code: 'DockerStopped' });
    expect(await lost.backend.explainNotReady()).toBeUndefined();

    await engine('start');
    const next = await start(SERVE);
    await waitUntilReady(next.backend.addresses, AbortSignal.timeout(DEADLINE_MS));
    // The lost container was removed before the new one started, because both may have the same key.
    expect(await containersOf(project)).toEqual([await docker('ps', '--quiet', '--filter', `name=jamdev-${next.id}`)]);
    next.backend.terminate(true);
    expect(await next.backend.exited).toEqual({ code: 137, signal: 'SIGKILL' });
  });

  test('loses standby containers; connects do not hang meanwhile, and later there are new standbys', async () => {
    const common = { image: image(), digest: image(), network: undefined, init: undefined, platform: undefined };
    const warmBuild: ContainerBuild = { kind: 'container', number: 1, ...common, env: { TEST_COMMAND: SERVE } };
    const command = 'exec node /fixtures/pooled-server.mjs';
    const poolBuild = { ...warmBuild, env: { TEST_COMMAND: command, HOST: '0.0.0.0' } };
    const runtime = makeRuntime();
    const world = { clock: systemClock, noteAssignment: () => undefined, freeMemory: () => Number.POSITIVE_INFINITY };
    const pools = new WarmPools(runtime, world);
    onTestFinished(() => pools.close());
    const remarks: string[] = [];
    const onRemark = (text: string) => void remarks.push(text);
    pools.standBy({ service: 'plain', build: warmBuild, warm: 1, warmPool: 0, onRemark });
    pools.standBy({ service: 'pooled', build: poolBuild, warm: 0, warmPool: 1, onRemark });
    const containers = () => containersOf(project);
    const allStandBy = async () => pools.counts[0]?.warm === 1 && standingIn(controls).length === 1;
    await waitFor(allStandBy, 'all to stand by');
    const before = await containers();
    expect(before).toHaveLength(2);

    process.kill(engineProcess(), 'SIGKILL');
    const connects = [warmBuild, poolBuild].map((build) =>
      start('', {}, { runtime, request: { build } }).then(({ backend }) => backend.exited),
    );
    // Whether or not a standby was used.
    for (const each of await Promise.allSettled(connects)) {
      const end = each.status === 'fulfilled' ? each.value : { code: each.reason.code };
      expect([{ code: 'DockerStopped' }, { code: null, signal: null, lost: true }]).toContainEqual(end);
    }
    await engine('start');
    await waitFor(allStandBy, 'others to stand by');
    await waitFor(async () => (await containers()).length === 2, 'what was lost to go');
    expect((await containers()).filter((each) => before.includes(each))).toEqual([]);
    const { backend } = await start('', {}, { runtime, request: { build: warmBuild } });
    await waitUntilReady(backend.addresses, AbortSignal.timeout(DEADLINE_MS));
    expect(remarks.filter((text) => !text.startsWith('The warm pool of "pooled": a backend '))).toEqual([]);
  });

  test('ends its backends if it is stopped properly, and they count as lost', async () => {
    const lost = await start(SERVE);
    await waitUntilReady(lost.backend.addresses, AbortSignal.timeout(DEADLINE_MS));
    const pid = engineProcess();
    process.kill(pid, 'SIGTERM');
    expect(await lost.backend.exited).toMatchObject({ code: null, lost: true });
    await waitFor(async () => (await living([pid])).length === 0, 'the engine to end');
    await engine('start');
    // Lost containers are removed without a new connect.
    await waitFor(async () => (await containersOf(project)).length === 0, 'the lost container to go');
  });
});
