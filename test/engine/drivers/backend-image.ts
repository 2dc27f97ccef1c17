import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../support/project.js';

/** The folder with the backend and its Dockerfile. */
export const BACKEND_FOLDER = join(ROOT, 'test', 'engine', 'backend');

/** Runs a docker command. @returns what it printed */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args);
  return stdout.trim();
}

/** Whether a Docker Engine answers. */
export function hasDocker(): boolean {
  try {
    execFileSync('docker', ['version'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return process.env.JAMDEV_REQUIRE_DOCKER === '1';
  }
}

/** Builds the image of the backend. @returns its tag, unique to this run */
export async function buildBackendImage(): Promise<string> {
  const tag = `jamdev-engine-backend:${randomUUID().slice(0, 8)}`;
  await docker('build', '--quiet', '--tag', tag, BACKEND_FOLDER);
  return tag;
}

/** Removes an image unless another program has tagged it too. */
export async function removeImage(tag: string): Promise<void> {
  await docker('rmi', '--force', tag);
}
