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

/** The address of the test engine. */
export const ENGINE_SOCKET = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';

/** A drone for one test. */
export interface Drone {
  name: string;
  pool: string;
  pid: number;
}

interface DroneOptions {
  /** Default: its own pool, so that nothing else runs there. */
  pool?: string;
  /** Its engine; default: the test engine. */
  engine?: string;
  /** The address of its backends; default: this machine. */
  ip?: string;
}

/** Starts another drone, and waits until it accepts backends. It is killed when the test ends. */
export async function startDrone({ plane }: TestCluster, options: DroneOptions = {}): Promise<Drone> {
  const name = `dr-${randomBytes(5).toString('hex')}`;
  const { pool = name, engine = ENGINE_SOCKET, ip = '127.0.0.1' } = options;
  const { controllerUrl, cluster } = plane;
  const args = ['drone', '--controller-url', controllerUrl.replace('http', 'ws'), '--cluster', cluster];
  const folder = makeTempFolder();
  const own = ['--name', name, '--pool', pool, '--ip', ip, '--db', join(folder, 'db')];
  // Every drone removes stopped containers, whichever drone had started them.
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

/**
 * Stops a process and waits until none of its threads runs, as on a machine that hangs.
 * @returns a function that resumes it
 */
export async function freeze(pid: number): Promise<() => void> {
  process.kill(pid, 'SIGSTOP');
  let isFrozen = true;
  const thaw = () => {
    if (isFrozen) process.kill(pid, 'SIGCONT');
    isFrozen = false;
  };
  onTestFinished(thaw);
  // Each thread stops separately, and may still answer until then.
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
  // An error has none, such as one of a busy database.
  const { drones = [] } = (await answer.json()) as ClusterState;
  return drones.filter(({ ready }) => ready).map(({ node }) => node.name.Drone);
}
