import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { makeTempFolder } from './project.js';
import { START_DEADLINE_MS, type TestCluster } from './serve.js';
import { waitFor } from './wait.js';

const PLANE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jamdev', 'plane', 'bin', 'plane');

/** Where the engine of the tests is. */
export const ENGINE_SOCKET = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';

/** A drone of a test's own. */
export interface Drone {
  name: string;
  pool: string;
  pid: number;
}

interface DroneOptions {
  /** Default: a pool of its own, so that nothing else runs there. */
  pool?: string;
  /** The engine that it uses; default: that of the tests. */
  engine?: string;
  /** Where its backends are reached; default: this machine. */
  ip?: string;
}

/** Starts one more drone, and waits until it takes backends. It is killed when the test is over. */
export async function startDrone({ plane }: TestCluster, options: DroneOptions = {}): Promise<Drone> {
  const name = `dr-${randomBytes(5).toString('hex')}`;
  const { pool = name, engine = ENGINE_SOCKET, ip = '127.0.0.1' } = options;
  const { controllerUrl, cluster } = plane;
  const args = ['drone', '--controller-url', controllerUrl.replace('http', 'ws'), '--cluster', cluster];
  const folder = makeTempFolder();
  const own = ['--name', name, '--pool', pool, '--ip', ip, '--db', join(folder, 'db')];
  // Of stopped containers each drone removes any, whichever drone had started them.
  const rest = ['--mount-base', join(folder, 'mounts'), '--auto-prune-containers-older-than-seconds', '86400'];
  const child = spawn(PLANE, [...args, ...own, ...rest], {
    stdio: 'ignore',
    env: { ...process.env, DOCKER_HOST: engine },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const isReady = async () => (await readyDrones(controllerUrl, cluster)).includes(name);
  await waitFor(isReady, 'the drone to be ready', START_DEADLINE_MS);
  return { name, pool, pid: child.pid ?? 0 };
}

/** Stops a process and waits until none of its threads runs, as on a machine that hangs. @returns lets it go on */
export async function freeze(pid: number): Promise<() => void> {
  process.kill(pid, 'SIGSTOP');
  let isFrozen = true;
  const thaw = () => {
    if (isFrozen) process.kill(pid, 'SIGCONT');
    isFrozen = false;
  };
  onTestFinished(thaw);
  // Each of its threads stops by itself; until then it may still answer.
  const tasks = `/proc/${pid}/task`;
  const isStopped = (task: string) => / T /.test(readFileSync(join(tasks, task, 'stat'), 'utf8'));
  await waitFor(() => readdirSync(tasks).every(isStopped), `the process ${pid} to stand still`, START_DEADLINE_MS);
  return thaw;
}

interface ClusterState {
  drones?: { ready: boolean; node: { name: { Drone: string } } }[];
}

async function readyDrones(controllerUrl: string, cluster: string): Promise<string[]> {
  const answer = await fetch(`${controllerUrl}/ctrl/c/${cluster}/state`);
  // An error has none, such as one of a database that is busy.
  const { drones = [] } = (await answer.json()) as ClusterState;
  return drones.filter(({ ready }) => ready).map(({ node }) => node.name.Drone);
}
