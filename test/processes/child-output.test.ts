import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runBuildCommand } from '../../src/builds/build-command.js';
import { newBackendId } from '../../src/platform/ids.js';
import { ChildOutput } from '../../src/processes/child-output.js';
import { PipePool } from '../../src/processes/pipe-pool.js';
import { ProcessRuntime } from '../../src/runtime/process/process-runtime.js';
import { fixture, makeTempFolder, ROOT } from '../support/project.js';
import { makeRegister } from '../support/register.js';
import { waitFor } from '../support/wait.js';

/** Runs a command as a backend until it exits. */
async function run(command: string, pipes = new PipePool()) {
  const runtime = new ProcessRuntime(makeRegister(), pipes);
  onTestFinished(() => runtime.close());
  const output = { stdout: '', stderr: '' };
  const remarks: string[] = [];
  const backendId = newBackendId();
  const backend = await runtime.spawn(
    {
      backendId,
      service: 'default',
      key: 'key',
      build: { kind: 'process', number: 1, command, cwd: makeTempFolder(), env: {}, remap8080: false },
      env: { SESSION_BACKEND_ID: backendId },
      onOutput: (source, chunk) => {
        output[source] += chunk.toString('latin1');
      },
      onRemark: (text) => remarks.push(text),
    },
    new AbortController().signal,
  );
  onTestFinished(async () => {
    backend.terminate(true);
    await backend.exited;
  });
  return { backend, output, remarks };
}

const BY_NAME: [string, string, { stdout: string; stderr: string }][] = [
  ['sh', 'echo one > /dev/stdout; echo two > /dev/stderr', { stdout: 'one\n', stderr: 'two\n' }],
  ['sh, appending', 'echo one >> /dev/stdout; echo two >> /dev/stderr', { stdout: 'one\n', stderr: 'two\n' }],
  ['sh, by descriptor', 'echo one > /dev/fd/1; echo two > /dev/fd/2', { stdout: 'one\n', stderr: 'two\n' }],
  ['tee', 'echo one | tee /dev/stdout | tee /dev/stderr', { stdout: 'one\none\n', stderr: 'one\none\n' }],
  [
    'node',
    `node -e 'const fs = require("fs"); fs.writeFileSync("/dev/stdout", "one\\n"); fs.appendFileSync("/dev/stderr", "two\\n")'`,
    { stdout: 'one\n', stderr: 'two\n' },
  ],
  [
    'python',
    `python3 -c 'open("/dev/stdout", "w").write("one\\n"); open("/dev/stderr", "a").write("two\\n")'`,
    { stdout: 'one\n', stderr: 'two\n' },
  ],
  ['dd', 'echo one | dd of=/dev/stdout status=none', { stdout: 'one\n', stderr: '' }],
];

describe('a backend can open its streams by name', () => {
  test.each(BY_NAME)('%s', async (_name, command, expected) => {
    const { backend, output } = await run(command);
    expect(await backend.exited).toEqual({ code: 0, signal: null });
    expect(output).toEqual(expected);
  });

  test('in a build, where both streams keep their order', async () => {
    const command = 'for i in 1 2 3 4 5; do echo "out $i" > /dev/stdout; echo "error $i" > /dev/stderr; done';
    const service = { cwd: makeTempFolder(), env: {} };
    const outcome = await runBuildCommand(command, service, new AbortController().signal, () => undefined);
    expect(outcome).toMatchObject({
      ok: true,
      lines: [1, 2, 3, 4, 5].flatMap((number) => [`out ${number}`, `error ${number}`]),
    });
  });
});

test('a write to a full pipe blocks in every program that expects it to', async () => {
  const { backend, output } = await run(`head -c 3000000 /dev/zero; cat /dev/zero | head -c 3000000`);
  expect(await backend.exited).toEqual({ code: 0, signal: null });
  expect(output.stdout.length).toBe(6_000_000);
});

test('a flood arrives completely and does not grow the memory', async () => {
  let bytes = 0;
  const pipes = new PipePool();
  const [output] = (await ChildOutput.open(1, pipes, fail)) as [ChildOutput];
  pipes.close();
  const child = spawn(process.execPath, [fixture('print.mjs'), 'flood', '100'], {
    stdio: ['ignore', output.stdio, 'inherit'],
  });
  let mostBytes = 0;
  const before = process.memoryUsage.rss();
  output.read(null, (chunk) => {
    bytes += chunk.length;
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  });
  await once(child, 'exit');
  await output.finish();
  expect(bytes).toBe(100_000_000 + 'the last line of the flood\n'.length);
  expect((mostBytes - before) / 1024 / 1024).toBeLessThan(80);
});

test('the last bytes arrive even if a daemon holds the pipe and this program is busy', async () => {
  const pipes = new PipePool();
  const [output] = (await ChildOutput.open(1, pipes, fail)) as [ChildOutput];
  pipes.close();
  const child = spawn('/bin/sh', ['-c', `sleep 1000 & echo $! > ${'"$PID_FILE"'}; head -c 60000 /dev/zero`], {
    env: { ...process.env, PID_FILE: join(makeTempFolder(), 'pid') },
    stdio: ['ignore', output.stdio, 'inherit'],
    detached: true,
  });
  onTestFinished(() => void process.kill(-(child.pid as number), 'SIGKILL'));
  let bytes = 0;
  output.read(null, (chunk) => {
    bytes += chunk.length;
  });
  await once(child, 'exit');
  const finished = output.finish();
  // Longer than the timeout for output.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
  await finished;
  expect(bytes).toBe(60_000);
});

test('the folder for making pipes is deleted at once, and descriptors do not accumulate', async () => {
  const temp = makeTempFolder();
  const script = `
    const { PipePool } = await import(${JSON.stringify(new URL('../../src/processes/pipe-pool.ts', import.meta.url).href)});
    const { closeSync, readdirSync } = await import('node:fs');
    const pool = new PipePool();
    for (let round = 0; round < 40; round += 1) {
      for (const { readFd, writeFd } of await pool.take(3)) { closeSync(readFd); closeSync(writeFd); }
    }
    await pool.fill();
    console.log(JSON.stringify(readdirSync('/dev/fd').length), readdirSync(process.env.TMPDIR).filter((name) => name.startsWith('jamdev-')).length);`;
  const printed = execFileSync('npx', ['tsx', '--input-type=module', '-e', script], {
    env: { ...process.env, TMPDIR: temp },
    encoding: 'utf8',
  });
  const [descriptors, files] = printed.trim().split(' ').map(Number);
  expect(files).toBe(0);
  expect(descriptors).toBeLessThan(60);
  expect(readdirSync(temp).filter((name) => name.startsWith('jamdev-pipes'))).toEqual([]);
});

test('the pipe folder of a killed program is removed by the next one', async () => {
  const temp = makeTempFolder();
  const module = JSON.stringify(new URL('../../src/processes/pipe-pool.ts', import.meta.url).href);
  const makePipes = (mkfifo: string) =>
    spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--input-type=module', '-e'],
        `const { PipePool } = await import(${module}); (await new PipePool(${JSON.stringify(mkfifo)}).take(1)); process.exit();`,
      ],
      { env: { ...process.env, TMPDIR: temp }, cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
    );
  // As long as the file of this script exists.
  const slow = join(makeTempFolder(), 'slow-mkfifo');
  writeFileSync(slow, '#!/bin/sh\nwhile [ -e "$0" ]; do sleep 0.1; done\n', { mode: 0o755 });
  const folders = () => readdirSync(temp).filter((name) => name.startsWith('jamdev-pipes'));
  const [killed, living] = [makePipes(slow), makePipes(slow)];
  onTestFinished(() => void living.kill('SIGKILL'));
  await waitFor(() => folders().length === 2, 'both to make pipes');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  await once(makePipes('mkfifo'), 'exit');
  expect(folders()).toEqual([expect.stringContaining(`-${living.pid}-`)]);
});

test('without mkfifo backends still run, and that is reported once', async () => {
  const pipes = new PipePool('no-such-mkfifo');
  const { backend, output, remarks } = await run('echo one; echo two >&2', pipes);
  await backend.exited;
  expect(output).toEqual({ stdout: 'one\n', stderr: 'two\n' });
  expect(remarks).toEqual([expect.stringMatching(/can't create pipes \(.*no-such-mkfifo.*\).*\/dev\/stderr/)]);
});

test('a program that can’t be started leaves no pipe open', async () => {
  const pipes = new PipePool();
  const runtime = new ProcessRuntime(makeRegister(), pipes);
  const build = {
    kind: 'process',
    number: 1,
    command: 'no-such-program',
    cwd: '/',
    env: {},
    remap8080: false,
  } as const;
  const request = { backendId: 'x', service: 's', key: 'k', build, env: {}, onOutput: () => undefined };
  const count = () => readdirSync('/dev/fd').length;
  await expect(runtime.spawn(request, new AbortController().signal)).rejects.toThrow();
  await pipes.fill();
  const before = count();
  for (let index = 0; index < 24; index += 1) {
    await expect(runtime.spawn(request, new AbortController().signal)).rejects.toThrow();
  }
  await waitFor(() => count() <= before + 16, 'the descriptors to be closed');
  await runtime.close();
});

test('output printed while a descendant still runs is read until it has ended', async () => {
  const file = join(makeTempFolder(), 'up');
  const { backend, output } = await run(`(sleep 0.3; echo late) & echo early; touch ${file}; wait`);
  await waitFor(() => existsSync(file) && readFileSync(file, 'utf8') === '', 'it to run');
  await backend.exited;
  expect(output.stdout).toBe('early\nlate\n');
});

function fail(error: unknown): never {
  throw error;
}
