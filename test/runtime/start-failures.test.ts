import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DevServer } from '../../src/dev-server/dev-server.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { fixture, makeProject } from '../support/project.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const BIG = 'x'.repeat(200_000);

/** Spawns a backend that can't be started. @returns the remark about it, and its exit code */
async function spawnInVain(server: DevServer, env: Record<string, string> = {}) {
  const { backend_id } = await server.connect({ spawn: { executable: { env } } });
  const backend = await untilStatus(server, backend_id, 'terminated');
  const { state } = backend;
  return { remark: backend.log.lastRemark, code: state.status === 'terminated' ? state.exitCode : undefined, state };
}

describe('a backend that can’t be started says why', () => {
  test.each([
    ['alone', ECHO],
    ['by the shell', `${ECHO} && true`],
  ])('with a variable of 200 KB in the request or the config: %s', async (_how, command) => {
    const server = await startServer({ command });
    const { remark, code, state } = await spawnInVain(server, { BIG });
    expect(remark).toMatch(
      /can't be started: the environment variable "BIG" has 196 KiB, but the system allows at most 128 KiB/,
    );
    expect(code).toBeNull();
    // It is not an internal error of jamdev.
    expect(state).not.toHaveProperty('reason', 'internalerror');
    const configured = await startServer({ command, env: { LARGE: BIG } });
    expect((await spawnInVain(configured)).remark).toContain('the environment variable "LARGE" has 196 KiB');
  });

  test('with a folder that has been deleted', async () => {
    const folder = makeProject();
    const server = await startServer({ folder, command: ECHO, watch: false });
    // After its first build.
    await untilStatus(server, (await server.connect()).backend_id, 'ready');
    renameSync(folder, `${folder}-moved`);
    const { remark } = await spawnInVain(server);
    rmSync(`${folder}-moved`, { recursive: true });
    expect(remark).toContain(`can't be started: its folder ${folder} no longer exists (ENOENT).`);
    expect(remark).not.toContain('Check');
  });

  test('with a program that is not executable, or whose interpreter is missing', async () => {
    const folder = makeProject({ plain: '#!/bin/sh\n', script: '#!/no/such/thing\n' });
    chmodSync(join(folder, 'script'), 0o755);
    const plain = await spawnInVain(await startServer({ folder, command: './plain', watch: false }));
    expect(plain).toMatchObject({ code: 126, remark: expect.stringContaining('is not marked as executable') });
    const script = await spawnInVain(await startServer({ folder, command: './script', watch: false }));
    expect(script).toMatchObject({ code: 126, remark: expect.stringContaining('does not exist: /no/such/thing') });
    const none = await spawnInVain(await startServer({ folder, command: './none', watch: false }));
    expect(none).toMatchObject({ code: 127, remark: expect.stringContaining('The command "./none" does not exist') });
  });

  test.each([
    ['build', 'sleep 0'],
    ['build without a command', 'true'],
  ])('with a build that fails in the same way: %s', async (_what, build) => {
    const server = await startServer({ command: ECHO, build, env: { LARGE: BIG } });
    await expect(server.connect()).resolves.toBeDefined();
    const [outcome] = await server.build('a test');
    expect(outcome).toMatchObject({
      result: 'failed',
      failure: expect.stringContaining('it could not be started: the environment variable "LARGE" has 196 KiB'),
    });
  });

  test.each<[string, Buffer, string]>([
    ['UTF-16 with a byte order mark', Buffer.from('\uFEFFA=1\n', 'utf16le'), 'is encoded in UTF-16 (little endian)'],
    ['UTF-16 without a byte order mark', Buffer.from('A=1\nB=2\n', 'utf16le'), 'is encoded in UTF-16 (little endian)'],
    [
      'UTF-16 in the other byte order',
      Buffer.from('\uFEFFA=1\n', 'utf16le').swap16(),
      'is encoded in UTF-16 (big endian)',
    ],
    ['a NUL', Buffer.from('A=1\nB=\0\n'), 'is not a text file (line 2 contains a NUL character)'],
  ])('with a .env in %s', async (_what, content, said) => {
    const folder = makeProject();
    writeFileSync(join(folder, '.env'), content);
    const server = await startServer({ folder, command: ECHO, watch: false });
    const [outcome] = await server.build('a test');
    expect(outcome).toMatchObject({ result: 'failed', failure: expect.stringContaining(`${folder}/.env ${said}`) });
  });

  test.each(['jamsocket.config.json', 'package.json'])('with a %s in UTF-16', async (file) => {
    const folder = makeProject();
    writeFileSync(join(folder, file), Buffer.from('\uFEFF{}', 'utf16le'));
    await expect(startServer({ folder, command: undefined })).rejects.toMatchObject({
      code: 'ConfigUnreadable',
      message: `${join(folder, file)} is encoded in UTF-16 (little endian).`,
      remedy: 'Save it as UTF-8.',
    });
  });
});
