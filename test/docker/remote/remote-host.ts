import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { newBackendId } from '../../../src/platform/ids.js';
import { ROOT } from '../../support/project.js';

const run = promisify(execFile);

/** Another machine with an engine: a network namespace, see host.sh. */
export interface RemoteHost {
  /** Its address in the network that it shares with this machine. */
  readonly address: string;
  /** For programs that are to use its engine over TCP with TLS. */
  readonly tlsEnv: Record<string, string>;
  /** For programs that are to use its engine through SSH: the host `far`, by a config, keys and known hosts of its own. */
  readonly sshEnv: Record<string, string>;
  /** Of its files: the keys and settings of SSH are in `ssh`, the engine's socket is `docker.sock`. */
  readonly folder: string;
  /** Runs a docker command on its engine, without the network. @returns what it printed */
  docker(...args: string[]): Promise<string>;
  /** Cuts it off from the network: what is sent is lost. */
  cut(): Promise<void>;
  /** Connects it again. */
  connect(): Promise<void>;
  /** Runs a program on it. @returns what it printed */
  inside(...command: string[]): Promise<string>;
}

/** Starts a remote host for the tests of a file, and sees to it that nothing of it is left. */
export function useRemoteHost(): RemoteHost {
  // Short: the sockets of the engine and of SSH have paths of limited length.
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
    // On its side: on this one, the way to it would be gone as well, and another could be taken.
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
