import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project.js';

/** Package managers other than npm, as npm packages. */
const PACKAGES = ['pnpm@10', 'yarn@1', '@yarnpkg/cli-dist@4', 'bun@1'];

/** How to run each package manager: a file, and arguments before the others. */
export interface PackageManagers {
  npm: readonly [string];
  pnpm: readonly [string, string];
  yarn1: readonly [string, string];
  yarn4: readonly [string, string];
  bun: readonly [string];
}

/** Installs package managers into an empty folder. */
export function installPackageManagers(folder: string): PackageManagers {
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  // Bun's binary is a separate package; its install script would only move it.
  const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...PACKAGES];
  execFileSync('npm', args, { cwd: folder, stdio: 'ignore' });
  const modules = join(folder, 'node_modules');
  return {
    npm: ['npm'],
    pnpm: ['node', join(modules, 'pnpm/bin/pnpm.cjs')],
    yarn1: ['node', join(modules, 'yarn/bin/yarn.js')],
    yarn4: ['node', join(modules, '@yarnpkg/cli-dist/bin/yarn.js')],
    bun: [bunBinary(join(modules, '@oven'))],
  };
}

function bunBinary(folder: string): string {
  const found = readdirSync(folder).map((name) => join(folder, name, 'bin', 'bun'));
  return found.find((path) => existsSync(path)) ?? 'bun';
}

/** Variables that make each package manager use npm's registry. */
export function registryEnvironment(): NodeJS.ProcessEnv {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { cwd: ROOT, encoding: 'utf8' }).trim();
  return {
    npm_config_registry: registry,
    YARN_REGISTRY: registry,
    YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ''),
    BUN_CONFIG_REGISTRY: registry,
    ...(registry.startsWith('http:') ? { YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname } : {}),
  };
}

/** Packs this repository as npm would publish it. @returns the path of the tarball, in that folder */
export function packJamdev(folder: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const printed = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(printed) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
}
