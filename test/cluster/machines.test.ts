import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { docker } from '../engine/drivers/backend-image.js';
import { waitFor } from '../support/wait.js';
import { MACHINES_SCRIPT } from './machines.js';
import { describeCluster } from './support.js';

const run = promisify(execFile);
const DEADLINE_MS = 120_000;

function startOwner(): ChildProcess {
  const owner = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)']);
  onTestFinished(() => void owner.kill('SIGKILL'));
  return owner;
}

function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-cluster-')));
  onTestFinished(async () => void (await run(MACHINES_SCRIPT, ['stop', folder])));
  return folder;
}

/**
 * Everything that exists for the machines of a folder: processes, interfaces, namespaces, mounts, cgroups, firewall
 * rules.
 */
async function traces(folder: string): Promise<string[]> {
  const id = (await run('sh', ['-c', `printf %s ${folder} | cksum | cut -d ' ' -f 1`])).stdout.trim();
  const printed = await Promise.all([
    run('ps', ['-eo', 'args']),
    run('ip', ['-o', 'link', 'show']),
    run('ip', ['netns', 'list']),
    run('iptables-save'),
    run('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', 'jamdev-*']),
  ]);
  const lines = [...printed.map(({ stdout }) => stdout), readFileSync('/proc/mounts', 'utf8')].join('\n').split('\n');
  return lines.filter((line) => line.includes(folder) || line.includes(`jc${id}`) || line.includes(`-${id}-`));
}

async function untilGone(folder: string): Promise<void> {
  await waitFor(() => !existsSync(folder), 'its folder to be removed', DEADLINE_MS);
  // The process that cleaned up ends last.
  await waitFor(async () => (await traces(folder)).length === 0, `no traces of ${folder}`, DEADLINE_MS);
}

describeCluster('machines.sh', 4 * DEADLINE_MS, () => {
  test('leaves nothing of machines whose owner was killed, with a running container and process', async () => {
    const folder = makeFolder();
    const owner = startOwner();
    await run(MACHINES_SCRIPT, ['start', folder, String(owner.pid)]);
    const archive = join(folder, 'image.tar');
    await docker('save', '--output', archive, 'node:22-slim');
    const engine = ['--host', `unix://${folder}/1/docker.sock`];
    await run('docker', [...engine, 'load', '--input', archive]);
    await run('docker', [...engine, 'run', '--detach', 'node:22-slim', 'sleep', '600']);
    const env = { ...process.env, JAMDEV_TEST_CLUSTER: folder };
    const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)', folder], { env });
    const ended = new Promise((resolve) => other.once('exit', resolve));
    expect((await traces(folder)).length).toBeGreaterThan(5);
    owner.kill('SIGKILL');
    await ended;
    await untilGone(folder);
  });

  test('removes what earlier machines left if even their watcher is gone, and leaves others alone', async () => {
    const [left, other] = [makeFolder(), makeFolder()];
    const owner = startOwner();
    const starter = spawn(MACHINES_SCRIPT, ['start', left, String(owner.pid)], { detached: true, stdio: 'ignore' });
    await waitFor(() => existsSync(join(left, '2', 'dockerd.pid')), 'its engines to be started', DEADLINE_MS);
    const watchers = async () =>
      (await run('pgrep', ['-f', `machines.sh watch ${left}$`]).catch(() => ({ stdout: '' }))).stdout.trim();
    const watcher = await waitFor(watchers, 'its watcher', DEADLINE_MS);
    process.kill(-(starter.pid ?? 0), 'SIGKILL');
    for (const pid of watcher.split('\n')) process.kill(Number(pid), 'SIGKILL');
    owner.kill('SIGKILL');
    await waitFor(async () => (await watchers()) === '', 'its watcher to be gone');
    expect(await traces(left)).not.toEqual([]);
    await run(MACHINES_SCRIPT, ['start', other, String(process.pid)]);
    await untilGone(left);
    expect(readdirSync(other)).toEqual(expect.arrayContaining(['1', '2', 'owner', 'postgres']));
    await run(MACHINES_SCRIPT, ['stop', other]);
    await untilGone(other);
  });
});
