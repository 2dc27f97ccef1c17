import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCli, startDev } from '../support/cli.js';
import { send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

interface Pool {
  service: string;
  warm: number;
  size: number;
}

/** Starts a dev server with a warm pool of two, and waits until both are warm. */
async function startPool(folder: string, env: NodeJS.ProcessEnv) {
  const dev = await startDev(folder, [], { env });
  const list = async (...args: string[]) => (await runCli(['list', ...args], { cwd: folder, env })).stdout;
  const pools = async () => JSON.parse(await list('--pool', '--json')) as Pool[];
  await waitFor(async () => (await pools())[0]?.warm === 2, 'two warm backends');
  return { dev, list, pools };
}

test('list shows the pool separately, and the next start ends what a kill -9 left of it', async () => {
  const command = `node ${fixture('pooled-server.mjs')}`;
  const folder = makeProject({ 'jamsocket.config.json': { command, warmPool: 2 } });
  const env = { ...process.env, TMPDIR: makeTempFolder() };
  const first = await startPool(folder, env);
  expect(await first.pools()).toEqual([{ service: 'default', warm: 2, size: 2 }]);
  expect(JSON.parse(await first.list('--json'))).toEqual([]);
  expect(await first.list()).toMatch(/^No backends are running\..*\nWarm pool of default: 2 of 2 warm\nState folder: /);
  expect(await first.list('--everywhere')).toMatch(/BACKENDS +WARM POOL\n(?:.*\n)*.* 0 +2 *\n/);

  const spawned = await runCli(['spawn', '--key', 'doc-1', '--wait', '--json'], { cwd: folder, env });
  const { url } = JSON.parse(spawned.stdout) as { url: string };
  const inUse = (await send(url)).json() as { pid: number; assignment: { key: string } };
  expect(inUse.assignment.key).toBe('doc-1');
  expect((JSON.parse(await first.list('--json')) as { key: string }[]).map(({ key }) => key)).toEqual(['doc-1']);

  first.dev.process.kill('SIGKILL');
  await first.dev.exit;
  expect(controlFolders(env.TMPDIR)).toHaveLength(1);
  const second = await startPool(folder, env);
  expect(await living([inUse.pid])).toEqual([]);
  await waitFor(
    () => controlFolders(env.TMPDIR).length === 1,
    'the control sockets of the dead dev server to be removed',
  );
  const again = await runCli(['spawn', '--key', 'doc-1', '--wait', '--json'], { cwd: folder, env });
  const { pid } = (await send((JSON.parse(again.stdout) as { url: string }).url)).json() as { pid: number };
  expect(pid).not.toBe(inUse.pid);

  second.dev.process.kill('SIGTERM');
  await second.dev.exit;
  expect(await living([pid])).toEqual([]);
  expect(controlFolders(env.TMPDIR)).toEqual([]);
});

function controlFolders(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('jamdev-sdk-'));
}
