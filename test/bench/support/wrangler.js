import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { start } from './processes.js';
import { SERVERS } from './project.js';
import { makeTempFolder } from './temp-folders.js';

/** Outside of the checkout. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jamdev', 'wrangler');
const PACKAGE = join(CACHE, 'node_modules/wrangler');

/**
 * Installs wrangler from the npm registry unless it is there.
 * @returns {string | undefined} its version; undefined when it can't be had
 */
export function provideWrangler() {
  try {
    if (!existsSync(PACKAGE)) {
      mkdirSync(CACHE, { recursive: true });
      const install = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', CACHE, 'wrangler@4'];
      execFileSync('npm', install, { stdio: ['ignore', 2, 2] });
    }
    return JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}

/** Makes a project with one class of Durable Objects. @returns its folder and its file with code */
export function makeWranglerProject() {
  const folder = makeTempFolder();
  const file = join(folder, 'worker.mjs');
  copyFileSync(join(SERVERS, 'durable-object.mjs'), file);
  const config = {
    name: 'bench',
    main: 'worker.mjs',
    compatibility_date: '2026-04-01',
    durable_objects: { bindings: [{ name: 'ROOMS', class_name: 'Room' }] },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Room'] }],
  };
  writeFileSync(join(folder, 'wrangler.json'), JSON.stringify(config));
  return { folder, file };
}

/**
 * Starts `wrangler dev`, as a process of its own, and waits for the first answer of a Durable Object.
 * @param {string} folder
 */
export async function startWrangler(folder) {
  const port = await freePort();
  const home = makeTempFolder();
  const env = {
    // No settings of the user, and no network access.
    ...{ HOME: home, XDG_CONFIG_HOME: home, WRANGLER_LOG_PATH: home, WRANGLER_REGISTRY_PATH: home },
    ...{ CI: '1', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  };
  const ports = ['--port', String(port), '--inspector-port', String(await freePort())];
  const started = await start('node', [join(PACKAGE, 'bin/wrangler.js'), 'dev', ...ports], { cwd: folder, env });
  const readyMs = await firstAnswer(port, '/first', started);
  return { ...started, port, readyMs };
}
