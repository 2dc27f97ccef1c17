import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docker } from '../engine/drivers/backend-image.js';
import { ROOT } from '../support/project.js';

const run = promisify(execFile);

/** Builds the image of the backend in `backend/` and loads it into engines. @returns its reference */
export async function loadSessionImage(sockets: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'jamdev-test-image-'));
  const image = `jamdev-cluster-backend:${folder.slice(-6).toLowerCase()}`;
  try {
    const context = join(folder, 'context');
    cpSync(join(ROOT, 'test', 'cluster', 'backend'), context, { recursive: true });
    cpSync(join(ROOT, 'node_modules', 'ws'), join(context, 'node_modules', 'ws'), { recursive: true });
    await docker('build', '--quiet', '--tag', image, context);
    const archive = join(folder, 'image.tar');
    await docker('save', '--output', archive, image);
    await Promise.all(sockets.map((socket) => run('docker', ['--host', socket, 'load', '--input', archive])));
    await docker('rmi', '--force', image);
    return image;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
