import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { removeImage } from '../../src/images/classic-stages.js';
import { newBackendId } from '../../src/platform/ids.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { buildTestImage, describeDocker, docker, testEngine, useDockerRuntime } from './support.js';

const MIB = 1024 * 1024;
const EAT_MEMORY = `exec node -e 'const all = []; for (;;) all.push(Buffer.alloc(4 * 1024 * 1024, 1))'`;

describeDocker('limits, mounts and images of a container', () => {
  const volumes = join(realpathSync(tmpdir()), `jamdev-test-volumes, ${newBackendId()}`);
  const { start, project, remains } = useDockerRuntime(volumes);
  afterAll(() => rmSync(volumes, { recursive: true, force: true }));

  describe('limits', () => {
    test('a container that exceeds its memory limit is killed, with the reason', async () => {
      const limits = { memory_limit_bytes: 64 * MIB };
      const { backend, remarks } = await start(EAT_MEMORY, {}, { request: { limits } });
      expect(await backend.exited).toEqual({
        code: 137,
        signal: 'SIGKILL',
        remark: 'It ran out of memory: its limit is 64 MiB.',
      });
      expect(remarks).toEqual([]);
      expect(await remains()).toEqual([]);
    });

    test('a container within its limits ends normally', async () => {
      const limits = { memory_limit_bytes: 256 * MIB, cpu_time_limit: 60, cpu_period: 50_000, cpu_period_percent: 80 };
      const { id, backend } = await start('exec sleep 600', {}, { request: { limits } });
      const inspected = await docker('inspect', '--format', '{{json .HostConfig}}', `jamdev-${id}`);
      expect(JSON.parse(inspected)).toMatchObject({
        Memory: 256 * MIB,
        CpuPeriod: 50_000,
        CpuQuota: 40_000,
        Ulimits: [{ Name: 'cpu', Soft: 60, Hard: 61 }],
      });
      backend.terminate(true);
      expect(await backend.exited).toEqual({ code: 137, signal: 'SIGKILL' });
    });

    test('its usage is reported as the engine does, within its memory limit', async () => {
      const limits = { memory_limit_bytes: 320 * MIB };
      const hold = 'exec node /fixtures/usage.mjs all 100 0';
      const { id, backend, output } = await start(hold, {}, { request: { limits } });
      await waitFor(() => output().includes('holding'), 'its memory to be in use');
      const stats = async () =>
        (await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', `jamdev-${id}`)).trim();
      const [usage, told] = [await backend.usage(), await stats()];
      expect(usage?.memoryLimitBytes).toBe(320 * MIB);
      const [, used, limit] = /^([\d.]+)MiB \/ (\d+)MiB$/.exec(told) ?? [];
      expect(Number(limit)).toBe(320);
      expect((usage?.memoryBytes ?? 0) / MIB).toBeGreaterThan(Math.max(100, Number(used) * 0.9));
      expect((usage?.memoryBytes ?? 0) / MIB).toBeLessThan(Number(used) * 1.1);
    });

    test('a container that uses up its CPU time is killed, with the reason', async () => {
      const limits = { cpu_time_limit: 1 };
      const { backend } = await start(`exec node -e 'for (;;);'`, {}, { request: { limits } });
      expect((await backend.exited).remark).toBe('It used up its CPU time: its limit is 1 s.');
    });

    test('a limit that the engine refuses is reported, and the backend runs without it', async () => {
      const limits = { memory_limit_bytes: 1_000, cpu_time_limit: 60 };
      const { backend, remarks } = await start('echo ran', {}, { request: { limits } });
      expect(await backend.exited).toEqual({ code: 0, signal: null });
      expect(remarks).toHaveLength(1);
      expect(remarks[0]).toMatch(
        /^This Docker Engine can't apply the memory limit of .* \(.*\): the backend runs with/,
      );
      expect(await remains()).toEqual([]);
    });

    test('a disk limit is enforced or reported as unsupported', async () => {
      const request = { limits: { disk_limit_bytes: 1_000 * MIB } };
      for (let round = 0; round < 2; round += 1) {
        const { backend, remarks } = await start('exec sleep 600', {}, { request });
        if (remarks.length > 0) {
          expect(remarks).toEqual([expect.stringContaining("can't apply the disk limit of 1000 MiB")]);
        }
        backend.terminate(true);
        await backend.exited;
      }
    });
  });

  describe('mounts', () => {
    test('files that a backend leaves at /plane-data are there for the next one with its key, and no other', async () => {
      const write = await start('echo kept > /plane-data/file', {}, { request: { key: 'a/../b', mount: true } });
      expect(await write.backend.exited).toEqual({ code: 0, signal: null });
      const read = await start('cat /plane-data/file', {}, { request: { key: 'a/../b', mount: true } });
      await read.backend.exited;
      expect(read.output()).toBe('kept\n');
      const other = await start('ls -A /plane-data', {}, { request: { key: 'b', mount: true } });
      await other.backend.exited;
      expect(other.output()).toBe('');
      expect(readdirSync(volumes)).toEqual([expect.stringMatching(/^default-/)]);
    });

    test('an unprivileged user of the container may write to it', async () => {
      const dockerfile = 'FROM node:22-slim\nUSER 4711:4711\nCMD ["/bin/sh", "-c", "id -u > /plane-data/file"]\n';
      const image = await buildTestImage(makeProject({ Dockerfile: dockerfile }), project);
      const { backend } = await start('', {}, { build: { image }, request: { key: 'nobody', mount: true } });
      expect(await backend.exited).toEqual({ code: 0, signal: null });
      await removeImage(testEngine(), image);
      const read = await start('cat /plane-data/file', {}, { request: { key: 'nobody', mount: true } });
      await read.backend.exited;
      expect(read.output()).toBe('4711\n');
    });

    test('a subpath is a folder inside that of the key', async () => {
      const write = await start('pwd > /plane-data/file', {}, { request: { key: 'sub', mount: 'deep/er' } });
      await write.backend.exited;
      const folder = join(volumes, readdirSync(volumes)[0] ?? '');
      const ofKey = readdirSync(folder).find((name) => name.startsWith('sub-')) ?? '';
      expect(readFileSync(join(folder, ofKey, 'deep', 'er', 'file'), 'utf8')).toBe('/\n');
    });

    test('a subpath that leads elsewhere is refused', async () => {
      const outside = start('exit 0', {}, { request: { mount: '../../outside' } });
      await expect(outside).rejects.toMatchObject({ code: 'InvalidRequest', status: 400 });
      expect(existsSync(join(volumes, '..', 'outside'))).toBe(false);
    });
  });

  describe('an image', () => {
    async function endOf(dockerfile: string, files: Record<string, string> = {}) {
      const image = await buildTestImage(makeProject({ Dockerfile: dockerfile, ...files }), project);
      try {
        const { backend } = await start('', {}, { build: { image } });
        return await backend.exited;
      } finally {
        await removeImage(testEngine(), image);
      }
    }

    test('for another kind of machine is reported as such', async () => {
      const entry = 'FROM node:22-slim\nCOPY --chmod=755 program /\nENTRYPOINT ["/program"]\n';
      const folder = makeProject({ Dockerfile: entry.replace('--chmod=755 ', '') });
      writeFileSync(join(folder, 'program'), '\x7fELF\x01nonsense', { mode: 0o755 });
      const image = await buildTestImage(folder, project);
      const ended = start('', {}, { build: { image } }).then(
        async ({ backend }) => (await backend.exited).remark,
        (error: Error) => error.message,
      );
      expect(await ended).toContain('program is for another kind of machine');
      await removeImage(testEngine(), image);
    });

    test('with its own init runs it as the first process; an unknown init causes advice', async () => {
      const onlyFirst = `RUN printf '#!/bin/sh\\n[ $$ = 1 ] && exit 5; echo can only run as pid 1 >&2; exit 100' > /init && chmod +x /init && cp /init /strange`;
      expect(await endOf(`FROM node:22-slim\n${onlyFirst}\nENTRYPOINT ["/init"]\n`)).toEqual({ code: 5, signal: null });
      expect(await endOf(`FROM node:22-slim\n${onlyFirst}\nENTRYPOINT ["/strange"]\n`)).toMatchObject({
        code: 100,
        remark: expect.stringContaining('"dockerOptions": { "init": false }'),
      });
    });

    test('that exits at once has its exit code', async () => {
      expect(await endOf('FROM node:22-slim\nCMD ["node", "-e", "process.exit(9)"]\n')).toEqual({
        code: 9,
        signal: null,
      });
    });

    test('with a missing command is reported with the command', async () => {
      expect(await endOf('FROM node:22-slim\nCMD ["no-such-program"]\n')).toMatchObject({
        code: 127,
        remark: expect.stringContaining(`The command of the image can't be started: "no-such-program"`),
      });
      const image = await buildTestImage(makeProject({ Dockerfile: 'FROM node:22-slim\nCMD ["no-such-program"]\n' }));
      onTestFinished(async () => void (await removeImage(testEngine(), image)));
      await expect(start('', {}, { build: { image, init: false } })).rejects.toMatchObject({
        code: 'CommandNotFound',
        message: expect.stringContaining('"no-such-program"'),
      });
      expect(await remains()).toEqual([]);
    });
  });
});
