import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXPLAINED_ERRORS } from '../../src/contract/system-errors.js';
import { explainStartFailure, type StartAttempt, type StartFailure } from '../../src/processes/start-failure.js';
import { makeTempFolder } from '../support/project.js';

/** Tries to start a program. @returns the explanation of the failure */
async function fail(attempt: Partial<StartAttempt>): Promise<StartFailure> {
  const whole = { file: 'node', args: [], cwd: makeTempFolder(), env: { PATH: process.env.PATH }, ...attempt };
  const error = await new Promise<unknown>((resolve) => {
    try {
      const child = spawn(whole.file, whole.args, { cwd: whole.cwd, env: whole.env, stdio: 'ignore' });
      child.once('error', resolve);
      child.once('spawn', () => resolve(new Error('it was started')));
    } catch (thrown) {
      resolve(thrown);
    }
  });
  return explainStartFailure(error, whole);
}

function makeFile(folder: string, name: string, content: string | Buffer, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const big = (bytes: number) => 'x'.repeat(bytes);
const path = process.env.PATH ?? '';

test.each<[string, Partial<StartAttempt>, RegExp]>([
  [
    'a variable of 200 KB',
    { env: { PATH: path, BIG: big(200_000) } },
    /variable "BIG" has 196 KiB, .* at most 128 KiB/,
  ],
  [
    'many large ones',
    { env: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`V${i}`, big(120_000)])) },
    /its 60 environment variables have .* KiB in total.*\(the largest: "V\d+" 118 KiB, /,
  ],
  ['an argument of 200 KB', { args: [big(200_000)] }, /an argument of its command line has 196 KiB/],
  ['a variable with a NUL', { env: { PATH: path, EVIL: 'a\0b' } }, /variable "EVIL" contains a NUL character/],
  ['a name with a NUL', { env: { PATH: path, 'E\0VIL': 'a' } }, /variable "E\\u0000VIL" contains a NUL character/],
  ['an argument with a NUL', { args: ['a\0b'] }, /its command line contains a NUL character/],
  ['a program with a NUL', { file: 'no\0de' }, /its command line contains a NUL character/],
])('names the environment as the cause: %s', async (_what, attempt, reason) => {
  expect(await fail(attempt)).toMatchObject({ kind: 'other', reason: expect.stringMatching(reason) });
});

test('names the folder as the cause, even if the shell was to be started', async () => {
  const folder = makeTempFolder();
  const gone = join(folder, 'gone');
  mkdirSync(gone);
  rmSync(gone, { recursive: true });
  const file = makeFile(folder, 'file', '', 0o644);
  for (const program of ['node', '/bin/sh', './x']) {
    expect(await fail({ file: program, cwd: gone })).toMatchObject({
      kind: 'other',
      reason: `its folder ${gone} no longer exists (ENOENT)`,
    });
    expect((await fail({ file: program, cwd: file })).reason).toBe(`its folder ${file} is not a folder (ENOTDIR)`);
    expect((await fail({ file: program, cwd: join(file, 'below') })).reason).toContain(
      `its folder ${file}/below can't be`,
    );
  }
});

test('names the program as the cause', async () => {
  const cwd = makeTempFolder();
  mkdirSync(join(cwd, 'folder'));
  symlinkSync('loop', join(cwd, 'loop'));
  makeFile(cwd, 'plain', '#!/bin/sh\n', 0o644);
  makeFile(cwd, 'script', '#!/no/such/interpreter -x\n');
  makeFile(cwd, 'windows', '#!/bin/sh\r\necho hi\r\n');
  // The header of a Linux program whose loader does not exist.
  const elf = Buffer.alloc(120);
  elf.write('\x7fELF', 'latin1');
  const failed = (file: string, env: NodeJS.ProcessEnv = { PATH: path }) => fail({ file, cwd, env });

  expect(await failed('no-such-program')).toMatchObject({ kind: 'missing' });
  expect(await failed('./no-such-program')).toMatchObject({ kind: 'missing' });
  expect(await failed('./folder')).toMatchObject({
    kind: 'not-executable',
    reason: `${cwd}/folder is a folder (EACCES)`,
  });
  expect(await failed('./plain')).toEqual({
    kind: 'not-executable',
    reason: `${cwd}/plain is not marked as executable (EACCES)`,
    remedy: `Run chmod +x ${cwd}/plain, or use the program that runs it.`,
  });
  expect(await failed('plain', { PATH: cwd })).toMatchObject({
    reason: `${cwd}/plain is not marked as executable (EACCES)`,
  });
  for (const [name, env] of [
    ['./script', { PATH: path }],
    ['script', { PATH: `/nowhere:${cwd}` }],
  ] as const) {
    expect(await failed(name, env)).toEqual({
      kind: 'not-executable',
      reason: 'the program named in its first line does not exist: /no/such/interpreter',
      remedy: `Install that program, or correct the first line of ${cwd}/script.`,
    });
  }
  expect(await failed('./windows')).toMatchObject({
    kind: 'not-executable',
    reason: `the first line of ${cwd}/windows ends with a carriage return, as on Windows`,
  });
  expect(await failed('./plain/x')).toMatchObject({
    kind: 'not-executable',
    reason: expect.stringContaining('ENOTDIR'),
  });
  expect(await failed('./loop')).toMatchObject({ kind: 'not-executable', reason: expect.stringContaining('ELOOP') });
  expect(await failed(`./${'x'.repeat(300)}`)).toMatchObject({ reason: expect.stringContaining('ENAMETOOLONG') });
});

test('explains every known system error, and shows no bare code', () => {
  const attempt = { file: 'node', args: [], cwd: makeTempFolder(), env: { PATH: path } };
  for (const code of EXPLAINED_ERRORS) {
    const { reason, remedy } = explainStartFailure(Object.assign(new Error(), { code }), attempt);
    expect(reason, code).toMatch(/^[a-z/]/);
    expect(reason, code).not.toBe(code);
    expect(remedy, code).toMatch(/^[A-Z]/);
  }
  for (const code of ['EMFILE', 'EAGAIN', 'ENOMEM', 'ENFILE']) {
    expect(explainStartFailure(Object.assign(new Error(), { code }), attempt)).toMatchObject({ kind: 'other' });
  }
});
