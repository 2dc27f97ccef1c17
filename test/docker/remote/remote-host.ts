import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import { ROOT } from '../../support/project.js';

const run = promisify(execFile);

/** Another machine with an engine, in a network namespace; see host.sh. */
export interface RemoteHost {
  /** Its address in the network shared with this machine. */
  readonly address: string;
  /** The environment of programs that use its engine over TCP with TLS. */
  readonly tlsEnv: Record<string, string>;
  /**
   * The environment of programs that use its engine through SSH: the host `far`, with its own config, keys and known
   * hosts.
   */
  readonly sshEnv: Record<string, string>;
  /** The folder of its files: keys and settings of SSH are in `ssh`, the engine's socket is `docker.sock`. */
  readonly folder: string;
  /** Runs a docker command on its engine without the network. @returns what it printed */
  docker(...args: string[]): Promise<string>;
  /** Cuts it off from the network: packets are dropped. */
  cut(): Promise<void>;
  /** Connects it to the network again. */
  connect(): Promise<void>;
  /** Runs a program on it. @returns what it printed */
  inside(...command: string[]): Promise<string>;
}

/** Starts a remote host for the tests of a file, and leaves nothing of it behind. */
export function useRemoteHost(): RemoteHost {
  // Short, because the socket paths of the engine and of SSH have a limited length.
  const folder = join(tmpdir(), `jamdev-remote-${newBackendId().slice(0, 6)}`);
  const script = async (action: string) =>
    (await run(join(ROOT, 'test', 'docker', 'remote', 'host.sh'), [action, folder])).stdout;
  let values: Record<string, string> = {};
  const value = (name: string) => values[name] ?? '';
  const inside = async (...command: string[]) =>
    (await run('nsenter', [`--net=/run/netns/${value('NAMESPACE')}`, ...command])).stdout.trim();

  beforeAll(async () => {
    values = Object.fromEntries((await script('start')).split('\n').map((line) => line.split('=') as [string, string]));
  });
  afterAll(async () => {
    await script('stop');
    expect(await traces()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  return {
    folder,
    inside,
    get address() {
      return value('ADDRESS');
    },
    get tlsEnv() {
      return {
        DOCKER_HOST: `tcp://${value('ADDRESS')}:2376`,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: join(folder, 'certs', 'client'),
      };
    },
    get sshEnv() {
      return { DOCKER_HOST: 'ssh://far', PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) };
    },
    async docker(...args) {
      return (await run('docker', ['--host', `unix://${folder}/docker.sock`, ...args])).stdout.trim();
    },
    // On its side: on this side, the route to it would disappear, and packets could take another one.
    cut: async () => void (await inside('ip', 'link', 'set', value('DEVICE'), 'down')),
    connect: async () => void (await inside('ip', 'link', 'set', value('DEVICE'), 'up')),
  };

  /** What is left of it on this machine. */
  async function traces(): Promise<string[]> {
    const links = await run('ip', ['-o', 'link', 'show']);
    const namespaces = await run('ip', ['netns', 'list']);
    const lines = [links.stdout, namespaces.stdout, readFileSync('/proc/mounts', 'utf8')].join('\n').split('\n');
    const names = [value('LINK'), value('NAMESPACE'), folder];
    return lines.filter((line) => names.some((name) => line.includes(name)));
  }
}
