import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProcess } from '../../src/processes/process-table.js';
import { listServerRecords } from '../../src/records/server-records.js';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { type DevRun, runCli, startCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const FAMILY = `node ${fixture('family.mjs')}`;

async function connect(dev: DevRun, key: string): Promise<string> {
  const answer = await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key });
  return answer.json<{ url: string }>().url;
}

async function pidOf(dev: DevRun, key: string): Promise<number> {
  return (await send(await connect(dev, key))).json<{ pid: number }>().pid;
}

/** Deletes the state, retrying because a running dev server may be writing it again. */
function deleteState(env: { XDG_STATE_HOME: string }): Promise<boolean> {
  return waitFor(() => {
    try {
      rmSync(join(env.XDG_STATE_HOME, 'jamdev'), { recursive: true });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false;
      throw error;
    }
  }, 'the state to be deleted');
}

/** An environment with a state home of its own. */
function stateOf(): { XDG_STATE_HOME: string } {
  return { XDG_STATE_HOME: makeTempFolder() };
}

test('writes deleted state again with one message, and still finds leftovers after a kill -9', async () => {
  const folder = makeTempFolder();
  const env = stateOf();
  const dev = await startDev(folder, ['--command', ECHO], { env });
  const pid = await pidOf(dev, 'a');
  await deleteState(env);
  await waitFor(() => dev.stdout().includes('the record of this dev server was restored'), 'the message');
  expect((await runCli(['list'], { cwd: folder, env })).stdout).toContain(' a ');
  await send(`${await connect(dev, 'a')}print?text=after`);
  await waitFor(
    async () => (await runCli(['logs', 'a', '--no-follow'], { cwd: folder, env })).stdout.includes('after'),
    'the log to go on',
  );
  expect(dev.stdout().match(/the record of this dev server was restored/g)).toHaveLength(1);
  dev.process.kill('SIGKILL');
  await dev.exit;
  expect(await living([pid])).toEqual([pid]);
  await startDev(folder, ['--command', ECHO], { env });
  expect(await living([pid])).toEqual([]);
});

test('ends what was spawned right after the state was deleted and right before a kill -9', async () => {
  const folder = makeTempFolder();
  const env = stateOf();
  const dev = await startDev(folder, ['--command', ECHO], { env });
  await deleteState(env);
  const pid = await pidOf(dev, 'a');
  dev.process.kill('SIGKILL');
  await dev.exit;
  await startDev(folder, ['--command', ECHO], { env });
  expect(await living([pid])).toEqual([]);
});

test('git clean in the project does not affect a running dev server', async () => {
  const folder = makeProject({ '.gitignore': '*\n' });
  const dev = await startDev(folder, ['--command', ECHO]);
  const pid = await pidOf(dev, 'a');
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  expect(await pidOf(dev, 'a')).toBe(pid);
  const { stdout } = await runCli(['list'], { cwd: folder });
  expect(stdout).toContain(' a ');
  expect(stdout).toContain(`\nState folder: ${stateFolderOf(folder).root}\n`);
});

test('reports a renamed project folder, keeps sessions running, and creates nothing at the old path', async () => {
  const parent = makeTempFolder();
  const [old, renamed] = [join(parent, 'old'), join(parent, 'renamed')];
  mkdirSync(old);
  writeFileSync(join(old, 'file.js'), '');
  const dev = await startDev(old, ['--command', ECHO]);
  const url = await connect(dev, 'a');
  const { pid } = (await send(url)).json<{ pid: number }>();
  renameSync(old, renamed);
  const text = process.platform === 'linux' ? `was renamed to ${renamed}` : 'was renamed';
  await waitFor(() => dev.stdout().includes(text), 'the message');
  expect((await send(url)).json()).toMatchObject({ pid });
  expect((await runCli(['list'], { cwd: renamed })).stdout).toContain(' a ');
  const { stdout, stderr } = await runCli(['spawn', '--key', 'b', '--wait'], { cwd: renamed });
  expect(`${stdout}${stderr}`).toContain(`its folder ${old} no longer exists`);
  expect(existsSync(old)).toBe(false);
  renameSync(renamed, old);
  await waitFor(() => dev.stdout().includes('The project folder is back at'), 'the next message');
  dev.process.kill('SIGTERM');
  await dev.exit;
  expect(await living([pid])).toEqual([]);
  expect(await listServerRecords(stateFolderOf(old))).toEqual([]);
});

test('reports a project folder that is deleted and one that is created in its place', async () => {
  const folder = join(makeTempFolder(), 'app');
  mkdirSync(folder);
  const dev = await startDev(folder, ['--command', ECHO]);
  const url = await connect(dev, 'a');
  expect((await send(url)).status).toBe(200);
  rmSync(folder, { recursive: true });
  await waitFor(() => dev.stdout().includes(`The project folder ${folder} was deleted.`), 'the message');
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  await waitFor(() => dev.stdout().includes('another folder was created in its place'), 'the next message');
  expect((await send(url)).status).toBe(200);
});

test('the next start ends the command of a killed jamdev exec with its daemons', async () => {
  const folder = makeTempFolder();
  const run = startCli(['exec', '--command', ECHO, '--', ...FAMILY.split(' '), 'daemon'], { cwd: folder });
  const daemon = Number((await waitFor(() => /pids (\d+)/.exec(run.stdout()), 'the daemon'))[1]);
  const [{ record } = { record: undefined }] = await listServerRecords(stateFolderOf(folder));
  expect(statSync(stateFolderOf(folder).servers).mode & 0o777).toBe(0o700);
  run.process.kill('SIGKILL');
  await waitFor(async () => (await living([record?.pid ?? 0])).length === 0, 'the end of exec');
  expect(await living([daemon])).toEqual([daemon]);
  await startDev(folder, ['--command', ECHO]);
  expect(await living([daemon])).toEqual([]);
  await run.exit;
});

test('records that come with a project end no processes', async () => {
  const bystander = startCli(['exec', '--command', ECHO, '--', 'sleep', '60'], { cwd: makeTempFolder() });
  const pid = bystander.process.pid as number;
  const { startId } = (await findProcess(pid)) ?? {};
  const note = { backendId: 'b', pid, startId, startedAt: 0 };
  const record = { runId: 'run', marker: 'f'.repeat(32), pid: 4711, startId: 'x', startedAt: '2026-01-01' };
  const folder = makeProject({
    '.jamdev/servers/run.json': { ...record, project: '/', apiUrl: '', proxyUrl: '', containers: false },
    '.jamdev/servers/run.processes': `${JSON.stringify(note)}\n`,
  });
  await startDev(folder, ['--command', ECHO]);
  expect(await living([pid])).toEqual([pid]);
  bystander.process.kill('SIGTERM');
  await bystander.exit;
});
