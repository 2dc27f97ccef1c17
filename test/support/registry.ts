import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { docker } from '../engine/drivers/backend-image.js';
import { requiresPlane } from '../engine/drivers/plane-cluster.js';
import { runCli } from './cli.js';
import { send } from './http.js';
import { findProgram, isInstalled } from './installed.js';
import { makeTempFolder } from './project.js';
import { waitFor } from './wait.js';

/** Whether there is a registry to test with, Debian's. */
export const hasRegistry = requiresPlane || isInstalled('docker-registry');
if (!hasRegistry) console.log('There is no docker-registry: the tests of pushes to jamdev serve are skipped.');

const START_DEADLINE_MS = 60_000;

/** A registry that a `jamdev serve` is the token service of. */
export interface TestRegistry {
  url: string;
  /** As images are named after it. */
  host: string;
  /** For the config of `jamdev serve`. */
  serve: { registry: string; registryKeyFile: string; port: number };
  start(): Promise<void>;
  /** Ends it as when the power fails. */
  kill(): Promise<void>;
}

/** Sets up a registry by `jamdev serve --init`, and starts it. It ends with the test. */
export async function startRegistry(): Promise<TestRegistry> {
  const folder = join(makeTempFolder(), 'registry');
  const [port, apiPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const args = ['serve', '--init', folder, '--registry', url, '--public-url', `http://127.0.0.1:${apiPort}`];
  const { code, stderr } = await runCli(args);
  expect(code, stderr).toBe(0);
  const registry = manageRegistry(folder, url);
  await registry.start();
  return {
    ...registry,
    ...{ url, host: new URL(url).host },
    serve: { registry: url, registryKeyFile: join(folder, 'signing-key.pem'), port: apiPort },
  };
}

function manageRegistry(folder: string, url: string): Pick<TestRegistry, 'start' | 'kill'> {
  let stop = async () => undefined as undefined;
  onTestFinished(() => stop());
  return {
    async start() {
      const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
        env: { PATH: process.env.PATH, REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, 'data') },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      const ended = new Promise<undefined>((resolve) => child.once('close', () => resolve(undefined)));
      stop = async () => {
        child.kill('SIGKILL');
        return ended;
      };
      const answers = async () => {
        if (child.exitCode !== null) throw new Error(`docker-registry ended:\n${log}`);
        return (await send(`${url}/v2/`).catch(() => undefined))?.status === 401;
      };
      await waitFor(answers, 'docker-registry to answer', START_DEADLINE_MS);
    },
    kill: () => stop(),
  };
}

/** A port that is free, below the range from which the system gives ports to connections. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/**
 * Makes a tiny image whose backends answer with a text.
 * @returns its name in the engine; it goes with the test
 */
export async function makeTinyImage(text: string): Promise<string> {
  const folder = makeTempFolder();
  mkdirSync(join(folder, 'root', 'www'), { recursive: true });
  copyFileSync(findProgram('busybox') ?? '', join(folder, 'root', 'busybox'));
  writeFileSync(join(folder, 'root', 'www', 'index.html'), text);
  const archive = join(folder, 'image.tar');
  const { execFileSync } = await import('node:child_process');
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', archive, '.']);
  const name = `jamdev-tiny:${Math.random().toString(36).slice(2, 12)}`;
  const command = 'CMD ["/busybox","httpd","-f","-p","8080","-h","/www"]';
  await docker('import', '--change', command, archive, name);
  onTestFinished(async () => void (await docker('rmi', '--force', name)));
  return name;
}
