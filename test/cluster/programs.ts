import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLANE_PROGRAM } from '../engine/drivers/plane-cluster.js';
import { ROOT } from '../support/project.js';
import type { Machine, Machines } from './machines.js';
import { ProcessPart } from './part.js';

/** A jamdev serve or a proxy, reached directly by its port instead of the balancer. */
export type ServerPart = ProcessPart & { readonly port: number };

/** What the programs of a cluster need to know. */
export interface ClusterPlan {
  around: Machines;
  /** The address of the controllers. */
  controllerUrl: string;
  /** The name of the cluster. */
  host: string;
  /** The image of the backend that all sessions run. */
  image: string;
  /** The folder of all mounts. */
  mounts: string;
  /** The database of jamdev serve. */
  database: string;
  /** The address of its API, in front of both. */
  apiUrl: string;
}

export function controllerPart({ around, host }: ClusterPlan, name: string, port: number): ProcessPart {
  const args = ['controller', '--db', around.databaseUrl, '--port', `${port}`, '--default-cluster', host];
  return makePart(around, name, PLANE_PROGRAM, args, () => answers(`http://127.0.0.1:${port}/pub/health`));
}

export function dronePart(plan: ClusterPlan, name: string, machine: Machine): ProcessPart {
  const { around, controllerUrl, host, mounts } = plan;
  const args = ['--controller-url', controllerUrl.replace('http', 'ws'), '--cluster', host, '--name', name];
  args.push('--ip', machine.address, '--db', join(around.folder, `${name}.db`), '--mount-base', mounts);
  // Stopped containers stay, so that tests can inspect them.
  args.push('--auto-prune-containers-older-than-seconds', '86400');
  const inside = [`--net=/run/netns/${machine.namespace}`, PLANE_PROGRAM, 'drone', ...args];
  const isUp = async (sinceMs: number) => {
    const answer = await fetch(`${controllerUrl}/ctrl/c/${host}/state`, { signal: AbortSignal.timeout(2_000) });
    const { drones } = (await answer.json()) as DroneState;
    const found = drones.find(({ node }) => node.name.Drone === name);
    return found?.ready === true && found.last_heartbeat_age * 1000 < Date.now() - sinceMs;
  };
  return makePart(around, name, 'nsenter', inside, isUp, { env: { DOCKER_HOST: machine.socket } });
}

/** The used part of Plane's answer. */
interface DroneState {
  drones: { ready: boolean; last_heartbeat_age: number; node: { name: { Drone: string } } }[];
}

export function proxyPart({ around, controllerUrl, host }: ClusterPlan, name: string, port: number): ServerPart {
  const args = ['proxy', '--name', name, '--controller-url', controllerUrl.replace('http', 'ws')];
  args.push('--cluster', host, '--http-port', `${port}`);
  const part = makePart(around, name, PLANE_PROGRAM, args, () => answers(`http://127.0.0.1:${port}/ready`));
  return Object.assign(part, { port });
}

/** @param drones the engines of drones, by drone name */
export function servePart(plan: ClusterPlan, name: string, port: number, drones: Record<string, string>): ServerPart {
  const { around, controllerUrl, host, image, database, apiUrl } = plan;
  const cwd = join(around.folder, name);
  const config = {
    services: { default: { image, pullPolicy: 'Never' } },
    serve: { controller: controllerUrl, cluster: host, database, port, drones, publicUrl: apiUrl },
  };
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'jamsocket.config.json'), JSON.stringify(config));
  const args = [join(ROOT, 'bin', 'jamdev.js'), 'serve'];
  const isUp = () => answers(`http://127.0.0.1:${port}/readyz`);
  return Object.assign(makePart(around, name, process.execPath, args, isUp, { cwd }), { port });
}

function makePart(
  { folder, env }: Machines,
  name: string,
  command: string,
  args: readonly string[],
  isUp: (startedAtMs: number) => Promise<boolean>,
  more: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): ProcessPart {
  const program = { command, args, cwd: more.cwd ?? folder, env: { ...env, ...more.env } };
  return new ProcessPart(name, { ...program, logFile: join(folder, `${name}.log`) }, isUp);
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
}
