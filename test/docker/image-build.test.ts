import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ImageOutcome, ImageRequest } from '../../src/builds/image-request.js';
import { findDockerBuilder } from '../../src/docker-engine/docker-builder.js';
import { Engine } from '../../src/docker-engine/engine.js';
import { removeImage } from '../../src/images/classic-stages.js';
import { buildImage } from '../../src/images/image-build.js';
import { newBackendId } from '../../src/platform/ids.js';
import { makeProject, makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { describeDocker, docker, testEngine } from './support.js';

interface Building {
  outcome: Promise<ImageOutcome>;
  lines: string[];
  cancel: () => void;
}

function build(files: Record<string, string>, options: Partial<ImageRequest> = {}, engine = testEngine()): Building {
  const project = makeProject(files);
  const controller = new AbortController();
  const lines: string[] = [];
  const request = {
    project,
    service: 'My Service!',
    runId: 'run-1',
    number: 7,
    dockerfile: join(project, 'Dockerfile'),
    context: project,
    ...options,
  };
  const outcome = buildImage(engine, request, controller.signal, (line) => lines.push(line));
  onTestFinished(async () => {
    controller.abort();
    await removeImage(testEngine(), (await outcome).image);
  });
  return { outcome, lines, cancel: () => controller.abort() };
}

const builder = await findDockerBuilder();
const exists = async (image: string) => (await docker('images', '--quiet', image)) !== '';

describeDocker('building an image', () => {
  test('a successful build has its own name and the requested platform', async () => {
    // A unique word, because BuildKit prints nothing for a cached step.
    const word = newBackendId();
    const files = { Dockerfile: 'FROM node:22-slim\nCOPY file /\nRUN cat /file\n', file: `${word}\n` };
    const scratch = join(makeTempFolder(), 'made when needed');
    const { outcome, lines } = build(files, { platform: 'linux/amd64', scratch });
    const { ok, failure, image, lines: kept } = await outcome;
    expect([ok, failure]).toEqual([true, '']);
    expect(readdirSync(scratch)).toEqual([]);
    expect(image).toMatch(/^jamdev\/[0-9a-f]{8}-[0-9a-f]{8}-my-service:run-1-7$/);
    const { Os, Architecture, RepoTags } = JSON.parse(
      await docker('image', 'inspect', '--format', '{{json .}}', image),
    );
    expect([Os, Architecture, RepoTags]).toEqual(['linux', 'amd64', [image]]);
    expect(lines.join('\n')).toContain(word);
    expect(kept).toEqual(lines);
    expect(lines.join('\n')).not.toMatch(/DEPRECATED|buildx/);
    expect(await removeImage(testEngine(), image)).toBe(true);
    expect(await exists(image)).toBe(false);
    expect(await removeImage(testEngine(), image)).toBe(true);
  });

  test('build arguments and a target are used', async () => {
    const dockerfile =
      'FROM node:22-slim AS first\nARG WORD\nRUN echo "it is $WORD"\nFROM first AS second\nRUN false\n';
    const word = `a ${newBackendId()}`;
    const { outcome, lines } = build({ Dockerfile: dockerfile }, { buildArgs: { WORD: word }, target: 'first' });
    expect(await outcome).toMatchObject({ ok: true });
    expect(lines.join('\n')).toContain(`it is ${word}`);
  });

  test('a Dockerfile outside of the context is used', async () => {
    const elsewhere = makeProject({ 'Other.Dockerfile': 'FROM node:22-slim\nCOPY inside /\n' });
    const { outcome } = build({ inside: '' }, { dockerfile: join(elsewhere, 'Other.Dockerfile') });
    expect(await outcome).toMatchObject({ ok: true });
  });

  test('state of an earlier version in the project is not sent, whatever the ignore file says', async () => {
    const word = newBackendId();
    const { outcome, lines } = build({
      Dockerfile: `FROM node:22-slim\nCOPY . /context\nRUN echo ${word}; cd /context && find . -type f | sort\n`,
      '.dockerignore': 'ignored\n!.jamdev\n!.jamdev/**\n',
      '.jamdev/logs/abc/1.log': 'secret',
      '.jamdev/volumes/default-0123456789ab/doc-0123456789ab/file': 'secret',
      ignored: '',
      'src/server.js': '',
    });
    expect(await outcome).toMatchObject({ ok: true });
    const printed = lines.join('\n');
    expect(printed).toContain('./src/server.js');
    expect(printed).not.toMatch(/\.jamdev|1\.log|\.\/ignored/);
  });

  test('an image that a container uses is not removed', async () => {
    // A unique word, because an image with another name could lose this one.
    const { outcome } = build({ Dockerfile: `FROM node:22-slim\nENV WORD=${newBackendId()}\nCMD ["sleep", "30"]\n` });
    const { image } = await outcome;
    const container = await docker('run', '--detach', image);
    expect(await removeImage(testEngine(), image)).toBe(false);
    await docker('rm', '--force', container);
    expect(await removeImage(testEngine(), image)).toBe(true);
  });

  test('a failed step is reported with its text, exit code and output', async () => {
    const word = `word-${newBackendId()}`;
    const dockerfile = `FROM node:22-slim\nRUN echo fine\nRUN echo the reason && : ${word} && exit 3\n`;
    const { ok, failure, lines } = await build({ Dockerfile: dockerfile }).outcome;
    expect(ok).toBe(false);
    expect(failure).toMatch(/^step \d\/\d failed, RUN echo the reason && : word-\w+ && exit 3 with exit code 3$/);
    expect(await docker('ps', '--all', '--no-trunc')).not.toContain(word);
    expect(lines.some((line) => /^(#\d+ [\d.]+ )?the reason$/.test(line))).toBe(true);
  });

  test('a file missing in the context is named', async () => {
    const { failure } = await build({ Dockerfile: 'FROM node:22-slim\nCOPY missing.txt /\n' }).outcome;
    expect(failure).toMatch(/^step 2\/\d failed, COPY missing.txt \/: .*missing.txt/);
  });

  test('a base image that cannot be pulled is named, with possible reasons', async () => {
    const { failure } = await build({ Dockerfile: 'FROM registry.invalid/nobody/nothing:1\n' }).outcome;
    expect(failure).toMatch(
      /^the base image registry.invalid\/nobody\/nothing:1 can't be pulled \(.*\): .*docker login/,
    );
  });

  test('an invalid instruction is reported', async () => {
    const { failure } = await build({ Dockerfile: 'FROM node:22-slim\nRUNN echo\n' }).outcome;
    expect(failure).toMatch(/line 2.*unknown instruction: RUNN/i);
  });

  test('a missing Dockerfile, a folder in its place, and a missing context are reported without running docker', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await build({}).outcome).failure).toMatch(/^there is no Dockerfile .*Dockerfile: check "dockerfile"/);
    expect((await build({ 'Dockerfile/x': '' }).outcome).failure).toContain('is not a file');
    expect((await build({ Dockerfile: '' }).outcome).failure).toContain('is empty');
    const context = makeProject();
    rmSync(context, { recursive: true });
    const { failure } = await build({ Dockerfile: 'FROM x' }, { context }).outcome;
    expect(failure).toContain(`there is no folder ${context}`);
    expect((await build({ Dockerfile: 'FROM x' }).outcome).failure).toContain('There is no "docker" command');
    vi.unstubAllEnvs();
    const url = 'unix:///nonexistent/docker.sock';
    const stopped = new Engine({
      url,
      address: { path: '/nonexistent/docker.sock' },
      environment: { DOCKER_HOST: url },
    });
    const outcome = await build({ Dockerfile: 'FROM x' }, {}, stopped).outcome;
    expect(outcome.failure).toContain(`The Docker Engine does not answer (${url})`);
  });

  test('a stale build ends at once and leaves no image and no container', async () => {
    const word = `stale-${newBackendId()}`;
    const { outcome, lines, cancel } = build({ Dockerfile: `FROM node:22-slim\nRUN echo ${word} && sleep 600\n` });
    await waitFor(() => lines.some((line) => line === word || / stale-/.test(line)), 'the step to run');
    cancel();
    const { ok, image } = await outcome;
    expect(ok).toBe(false);
    expect(await exists(image)).toBe(false);
    await waitFor(
      async () => !(await docker('ps', '--all', '--no-trunc')).includes(word),
      'the container of the step to go',
    );
  });

  /** Ids of untagged images made by a step that contains a word; other programs use this engine too. */
  const danglingOf = async (word: string) => {
    const listed = await docker('images', '--quiet', '--no-trunc', '--filter', 'dangling=true');
    const ids = listed.split('\n').filter((id) => id !== '');
    const isOf = async (id: string) => (await docker('history', '--no-trunc', id).catch(() => '')).includes(word);
    const found = await Promise.all(ids.map(async (id) => ((await isOf(id)) ? [id] : [])));
    return found.flat();
  };
  const stagesOf = async (image: string) =>
    (await docker('images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=${image}-stage*`))
      .split('\n')
      .filter((name) => name !== '');

  describe.skipIf(builder === 'buildkit')('with a builder that leaves stage images', () => {
    test('stage images are removed with the image, and those of others stay', async () => {
      const word = newBackendId();
      const others = makeProject({ Dockerfile: `FROM node:22-slim\nRUN echo other ${word} > /a\nRUN false\n` });
      await docker('build', '--force-rm', others).catch(() => undefined);
      const before = await danglingOf(word);
      expect(before).toHaveLength(1);
      onTestFinished(async () => void (await docker('rmi', before[0] as string)));
      const dockerfile = [
        `FROM node:22-slim AS one\nRUN echo one ${word} > /one`,
        // Cached from another build.
        `FROM node:22-slim AS theirs\nRUN echo other ${word} > /a`,
        // Prints text that looks like the name of a foreign image.
        `FROM node:22-slim AS two\nRUN echo two ${word} > /two; echo " ---> ${before[0]?.slice(7, 19)}"\nCOPY a /a`,
        'FROM node:22-slim\nCOPY --from=one /one /\nCOPY --from=two /two /\nCOPY --from=theirs /a /\n',
      ].join('\n');
      const { outcome } = build({ Dockerfile: dockerfile, a: '' });
      const { image, ok } = await outcome;
      expect(ok).toBe(true);
      expect(await stagesOf(image)).toHaveLength(2);
      expect(await danglingOf(word)).toEqual(before);
      expect(await removeImage(testEngine(), image)).toBe(true);
      expect(await stagesOf(image)).toEqual([]);
      expect(await danglingOf(word)).toEqual(before);
    });

    test('stage images of a failed build have a name, with which they are removed', async () => {
      const word = newBackendId();
      const { outcome } = build({ Dockerfile: `FROM node:22-slim\nRUN echo ${word} > /a\nRUN false\n` });
      const { image, ok } = await outcome;
      expect(ok).toBe(false);
      expect(await stagesOf(image)).toHaveLength(1);
      await removeImage(testEngine(), image);
      expect(await stagesOf(image)).toEqual([]);
      expect(await danglingOf(word)).toEqual([]);
    });
  });

  describe.skipIf(builder !== 'classic')('with the classic builder', () => {
    test.each([
      ['RUN --mount=type=cache,target=/c true', 'RUN --mount (line 2)'],
      ['COPY --link a /a', 'COPY --link (line 2)'],
      ['RUN <<EOF\nexit 0\nEOF', 'RUN <<EOF (line 2)'],
    ])('a failed build says which part needs BuildKit: %j', async (line, need) => {
      const { failure } = await build({ Dockerfile: `FROM node:22-slim\n${line}\n`, a: '' }).outcome;
      expect(failure).toContain(`BuildKit is missing, which ${need} needs: `);
      expect(failure).toContain('buildx');
    });

    test('a build that fails for another reason does not mention BuildKit', async () => {
      const { failure } = await build({ Dockerfile: '# syntax=docker/dockerfile:1\nFROM node:22-slim\nRUN false\n' })
        .outcome;
      expect(failure).not.toContain('BuildKit');
    });
  });
});
