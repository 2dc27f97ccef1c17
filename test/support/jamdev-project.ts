import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeProject, ROOT } from './project.js';

/** A project with this repository's jamdev in its node_modules. */
export function makeJamdevProject(files: Record<string, string | object> = {}): string {
  const folder = makeProject({ 'package.json': { name: 'app', private: true }, ...files });
  linkJamdev(folder);
  return folder;
}

/** Puts this repository's jamdev where an installation would put it. */
export function linkJamdev(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  for (const [path, target] of Object.entries({ jamdev: ROOT, '.bin/jamdev': '../jamdev/bin/jamdev.js' })) {
    rmSync(join(modules, path), { force: true });
    symlinkSync(target, join(modules, path));
  }
}
