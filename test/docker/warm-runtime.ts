import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Engine } from '../../src/docker-engine/engine.js';
import { removeImage } from '../../src/images/classic-stages.js';
import { type Clock, systemClock } from '../../src/os/clock.js';
import { newBackendId } from '../../src/platform/ids.js';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.js';
import type { ContainerBuild, SpawnRequest } from '../../src/runtime/runtime.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { buildTestImage, docker, testEngine } from './support.js';

/** The project of all containers of a test file. */
export const PROJECT = `/test/${newBackendId()}`;

/** Builds an image of the programs in the fixture. @param lines of its Dockerfile @param base its base image */
export async function buildProgram(lines: readonly string[], base = 'node:22-slim'): Promise<ContainerBuild> {
  const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-'));
  for (const name of ['warm-image', 'seen', 'pooled-server.mjs'])
    cpSync(fixture(name), join(folder, name), { recursive: true });
  writeFileSync(
    join(folder, 'Dockerfile'),
    [`FROM ${base}`, 'COPY . /srv/', 'WORKDIR /srv/warm-image', ...lines].join('\n'),
  );
  const image = await buildTestImage(folder, PROJECT).finally(() => rmSync(folder, { recursive: true }));
  const common = { env: {}, network: undefined, init: undefined, platform: undefined };
  return { kind: 'container', number: 1, image, digest: image, ...common };
}

/** The same, with an image that is removed when the test ends. */
export async function makeImage(...lines: string[]): Promise<ContainerBuild> {
  const build = await buildProgram(lines);
  onTestFinished(async () => void (await removeImage(testEngine(), build.image)));
  return build;
}

/** A runtime that is closed when the test ends. */
export function makeRuntime(engine: Engine = testEngine(), clock: Clock = systemClock) {
  const runId = newBackendId();
  const controls = join(makeTempFolder(), 'controls');
  const remarks: string[] = [];
  const runtime = new DockerRuntime(
    {
      engine,
      project: PROJECT,
      stateId: runId,
      owner: 'test@here',
      runId,
      volumes: [join(makeTempFolder(), 'volumes')],
      controls,
    },
    clock,
  );
  onTestFinished(async () => {
    await runtime.close();
    await runtime.cleared();
  });
  const standBy = (build: ContainerBuild, warm: number | undefined = undefined, awaitsRenewal = false) => {
    const onRemark = (text: string) => void remarks.push(text);
    runtime.standBy({ service: 'default', build, warm, warmPool: 0, awaitsRenewal, onRemark });
  };
  const standing = () => standingIn(controls);
  const isWarm = (id: string) =>
    existsSync(join(controls, 'assignments')) &&
    readFileSync(join(controls, 'assignments'), 'utf8').includes(`"backend":"${id}"`);
  const spawn = async (build: ContainerBuild, env: Record<string, string> = {}, more: Partial<SpawnRequest> = {}) => {
    const id = newBackendId();
    const printed = { stdout: '', stderr: '' };
    const backend = await runtime.spawn(
      {
        backendId: id,
        service: 'default',
        key: 'key',
        build,
        env: { SESSION_BACKEND_ID: id, ...env },
        onOutput: (source, chunk) => {
          printed[source] += chunk.toString();
        },
        ...more,
      },
      new AbortController().signal,
    );
    onTestFinished(async () => {
      backend.terminate(true);
      await backend.exited;
    });
    return { id, backend, printed, isWarm: isWarm(id) };
  };
  /** The containers that it has started. */
  const containers = async () =>
    (await docker('ps', '--all', '--quiet', '--filter', `label=dev.jamdev.run=${runId}`)).split('\n').filter(Boolean);
  return { runtime, standBy, standing, spawn, remarks, containers };
}

/** The control folders of standby containers, after the names of their pipes have been removed. */
export function standingIn(controls: string): string[] {
  return readIfThere(controls).filter(
    (name) => existsSync(join(controls, name, 'stand-by.cjs')) && !existsSync(join(controls, name, 'reports')),
  );
}

function readIfThere(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
