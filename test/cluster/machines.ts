import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/project.js';

const run = promisify(execFile);
/** Starts and stops machines. */
export const MACHINES_SCRIPT = join(ROOT, 'test', 'cluster', 'machines.sh');

/** A machine with an engine, in a network namespace; see machines.sh. */
export interface Machine {
  readonly address: string;
  readonly namespace: string;
  /** The socket of its engine. */
  readonly socket: string;
  /** Runs a docker command on its engine, even while it is cut off. @returns what it printed */
  docker(...args: string[]): Promise<string>;
  /** Cuts it off from the network: packets are dropped. */
  cut(): Promise<void>;
  /** Connects it to the network again. */
  connect(): Promise<void>;
}

/** Everything that machines.sh starts. */
export interface Machines {
  readonly folder: string;
  /** The address of this machine in the network of the others. */
  readonly here: string;
  readonly databaseUrl: string;
  readonly machines: readonly [Machine, Machine];
  /** Ends everything, including every process started with {@link env}. */
  stop(): Promise<void>;
  /** The environment for processes that end with it. */
  readonly env: NodeJS.ProcessEnv;
}

/** Starts two machines and a PostgreSQL, which end with this process at the latest. */
export async function startMachines(): Promise<Machines> {
  // Short, because socket paths have a limited length.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-cluster-')));
  const { stdout } = await run(MACHINES_SCRIPT, ['start', folder, String(process.pid)]);
  const values = Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  const value = (name: string) => values[name] ?? '';
  return {
    folder,
    here: value('HERE'),
    databaseUrl: value('DATABASE_URL'),
    machines: [machineOf('1'), machineOf('2')],
    env: { ...process.env, JAMDEV_TEST_CLUSTER: folder },
    stop: async () => void (await run(MACHINES_SCRIPT, ['stop', folder])),
  };

  function machineOf(name: string): Machine {
    const namespace = value(`NAMESPACE_${name}`);
    const socket = `unix://${join(folder, name, 'docker.sock')}`;
    const link = (state: string) =>
      run('nsenter', [`--net=/run/netns/${namespace}`, 'ip', 'link', 'set', 'eth0', state]);
    return {
      address: value(`ADDRESS_${name}`),
      namespace,
      socket,
      docker: async (...args) => (await run('docker', ['--host', socket, ...args])).stdout.trim(),
      cut: async () => void (await link('down')),
      connect: async () => void (await link('up')),
    };
  }
}
