import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { argumentsOf, listProcesses } from '../../src/processes/process-table.js';
import { type DevRun, runCli, startDev, untilWatching } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

/** A server that answers with its version and pid. */
function serverOf(version: number): string {
  return `import { createServer } from 'node:http';
createServer((_, response) => response.end(JSON.stringify({ version: ${version}, pid: process.pid }))).listen(process.env.PORT);
`;
}

/** Pids of a dev server's backend processes, running or standing by. */
async function serversOf({ process: { pid } }: DevRun): Promise<number[]> {
  const children = (await listProcesses()).filter((entry) => entry.ppid === pid && !entry.zombie);
  const named = await Promise.all(
    children.map(async (entry) => ((await argumentsOf(entry.pid)).includes('server.mjs') ? [entry.pid] : [])),
  );
  return named.flat();
}

/** Waits until a process other than these has been started ahead of time. */
async function standingBesides(dev: DevRun, others: readonly number[]): Promise<number> {
  return waitFor(async () => {
    const servers = (await serversOf(dev)).filter((pid) => !others.includes(pid));
    return servers.length === 1 ? servers[0] : undefined;
  }, 'a process that stands by');
}

async function ask(url: string): Promise<{ version: number; pid: number }> {
  return (await send(url)).json<{ version: number; pid: number }>();
}

async function connect(dev: DevRun, key: string): Promise<string> {
  return (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key })).json<{ url: string }>().url;
}

test('a backend starts from a warm process of the newest build, which is no backend and ends with the dev server', async () => {
  const folder = makeProject({ 'server.mjs': serverOf(1) });
  const dev = await startDev(folder, ['--command', 'node server.mjs']);
  await untilWatching(dev);
  const first = await standingBesides(dev, []);
  expect(JSON.parse((await runCli(['list', '--json'], { cwd: folder })).stdout)).toEqual([]);

  const url = await connect(dev, 'doc');
  expect(await ask(url)).toEqual({ version: 1, pid: first });
  const second = await standingBesides(dev, [first]);
  await waitFor(() => /doc \| ready \(.*; warm start\)/.test(dev.stdout()), 'the kind of start');
  expect((await runCli(['status', 'doc'], { cwd: folder })).stdout).toMatch(/ready \(.*; warm start\)\n$/);
  expect(JSON.parse((await runCli(['list', '--json'], { cwd: folder })).stdout)).toMatchObject([{ start: 'warm' }]);

  writeFileSync(join(folder, 'server.mjs'), serverOf(2));
  const { pid } = await waitFor(async () => {
    const answer = await ask(url);
    return answer.version === 2 ? answer : undefined;
  }, 'the new code');
  // The warm process had loaded nothing of the app, so it suits the next build as well.
  expect(pid).toBe(second);
  const third = await standingBesides(dev, [pid]);
  expect(await living([first])).toEqual([]);

  process.kill(third, 'SIGKILL');
  const fourth = await standingBesides(dev, [pid, third]);
  expect(dev.stdout()).not.toContain('ahead of time');

  // This warm process belongs to the old build and is replaced by one for the new build.
  expect((await runCli(['terminate', 'doc'], { cwd: folder })).code).toBe(0);
  await waitFor(async () => (await living([pid])).length === 0, 'the end of the backend');
  writeFileSync(join(folder, 'server.mjs'), serverOf(3));
  const fifth = await standingBesides(dev, [pid, third, fourth]);
  await waitFor(async () => (await living([fourth])).length === 0, 'the end of the one before');
  expect(await ask(await connect(dev, 'doc'))).toEqual({ version: 3, pid: fifth });

  dev.process.kill('SIGTERM');
  await dev.exit;
  expect(await living([pid, third, fourth, fifth])).toEqual([]);
});

test('warm processes exit on their own after SIGKILL of the dev server', async () => {
  const dev = await startDev(makeProject({ 'server.mjs': serverOf(1) }), [
    '--command',
    'node server.mjs',
    '--warm',
    '3',
  ]);
  const standing = await waitFor(async () => {
    const servers = await serversOf(dev);
    return servers.length === 3 ? servers : undefined;
  }, 'three processes that stand by');
  dev.process.kill('SIGKILL');
  await dev.exit;
  await waitFor(async () => (await living(standing)).length === 0, 'their end');
});

test('--warm 0 starts no processes ahead of time', async () => {
  const dev = await startDev(makeProject({ 'server.mjs': serverOf(1) }), [
    '--command',
    'node server.mjs',
    '--warm',
    '0',
  ]);
  const { pid } = await ask(await connect(dev, 'a'));
  expect(dev.stdout()).not.toContain('warm start');
  expect(await serversOf(dev)).toEqual([pid]);
});
