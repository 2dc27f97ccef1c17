import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Whether Debian's registry is installed for tests. */
export const hasRegistry = requiresPlane || isInstalled('docker-registry');
if (!hasRegistry) console.log('There is no docker-registry: the tests of pushes to jamdev serve are skipped.');

const START_DEADLINE_MS = 60_000;

/** A registry for a test. */
export interface TestRegistry {
  url: string;
  /** As in the names of images. */
  host: string;
  /** The `Authorization` of its notifications. */
  secret: string;
  /** For the config of `jamdev serve`. */
  serve: { registry: string; registryKeyFile: string; port: number };
  /** Kills it, as in a power failure. */
  kill(): Promise<void>;
  /** Pushes a multi-platform image, made of others in the repository, without a login. @returns its digest */
  pushIndex(repository: string, tag: string, parts: readonly string[]): Promise<string>;
}

interface RegistryOptions {
  /** Whether it reports pushes; default: yes. */
  notifies?: boolean;
  /** Whether anyone may push and pull; default: `jamdev serve` is its token service. */
  isPublic?: boolean;
}

/** Sets up a registry with `jamdev serve --init`, and starts it. It ends with the test. */
export async function startRegistry({
  notifies = true,
  isPublic = false,
}: RegistryOptions = {}): Promise<TestRegistry> {
  const folder = join(makeTempFolder(), 'registry');
  const [port, apiPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const args = ['serve', '--init', folder, '--registry', url, '--public-url', `http://127.0.0.1:${apiPort}`];
  const { code, stderr } = await runCli(args);
  expect(code, stderr).toBe(0);
  const path = join(folder, 'config.yml');
  const config = readFileSync(path, 'utf8');
  const withAuth = isPublic ? config.replace(/^auth:\n( .*\n)+/m, '') : config;
  writeFileSync(path, notifies && !isPublic ? withAuth : withAuth.replace(/^notifications:\n( .*\n)+/m, ''));
  const kill = await runRegistry(folder, url, isPublic ? 200 : 401);
  return {
    ...{ url, host: new URL(url).host, kill },
    secret: /Authorization: \["(.*)"\]/.exec(config)?.[1] ?? '',
    serve: { registry: url, registryKeyFile: join(folder, 'signing-key.pem'), port: apiPort },
    pushIndex: (repository, tag, parts) => pushIndex(`${url}/v2/${repository}/manifests`, tag, parts),
  };
}

/** @param ready the status with which it answers once it is running @returns a function that kills it */
async function runRegistry(folder: string, url: string, ready: number): Promise<() => Promise<void>> {
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    env: { PATH: process.env.PATH, REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, 'data') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(async () => {
    await kill();
    await removeImagesOf(new URL(url).host);
  });
  const answers = async () => {
    if (child.exitCode !== null) throw new Error(`docker-registry ended:\n${log}`);
    return (await send(`${url}/v2/`).catch(() => undefined))?.status === ready;
  };
  await waitFor(answers, 'docker-registry to answer', START_DEADLINE_MS);
  return kill;
}

/** Removes images tagged for a registry, and what drones pulled from it. */
async function removeImagesOf(host: string): Promise<void> {
  const listed = await docker('images', '--no-trunc', '--format', '{{.Repository}} {{.ID}}');
  const ids = listed.split('\n').flatMap((line) => (line.startsWith(`${host}/`) ? (line.split(' ')[1] ?? []) : []));
  if (ids.length > 0) await docker('rmi', '--force', ...new Set(ids));
}

async function pushIndex(manifests: string, tag: string, parts: readonly string[]): Promise<string> {
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const found = await Promise.all(
    parts.map((part) => fetch(`${manifests}/${part}`, { headers: { accept: mediaType } })),
  );
  const entries = await Promise.all(
    found.map(async (response) => ({
      ...{ mediaType, platform: { architecture: 'amd64', os: 'linux' } },
      digest: response.headers.get('docker-content-digest'),
      size: Buffer.byteLength(await response.text()),
    })),
  );
  const type = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: entries });
  const answer = await fetch(`${manifests}/${tag}`, { method: 'PUT', body, headers: { 'content-type': type } });
  expect(answer.status, await answer.text()).toBe(201);
  return answer.headers.get('docker-content-digest') ?? '';
}

/** A free port below the system's ephemeral range. */
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
 * @returns its name in the engine; it is removed when the test ends
 */
export async function makeTinyImage(text: string): Promise<string> {
  const folder = makeTempFolder();
  mkdirSync(join(folder, 'root', 'www'), { recursive: true });
  copyFileSync(findProgram('busybox') ?? '', join(folder, 'root', 'busybox'));
  writeFileSync(join(folder, 'root', 'www', 'index.html'), text);
  const archive = join(folder, 'image.tar');
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', archive, '.']);
  const name = `jamdev-tiny:${Math.random().toString(36).slice(2, 12)}`;
  const command = 'CMD ["/busybox","httpd","-f","-p","8080","-h","/www"]';
  await docker('import', '--change', command, archive, name);
  onTestFinished(async () => void (await docker('rmi', '--force', name).catch(ignoreMissing)));
  return name;
}

/** It may have been removed with another of its names. */
function ignoreMissing(error: { stderr?: string }): void {
  if (!error.stderr?.includes('No such image')) throw error;
}
