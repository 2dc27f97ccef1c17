import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  installPackageManagers,
  type PackageManagers,
  packJamdev,
  registryEnvironment,
} from '../support/package-managers.js';
import { keepFolder } from '../support/project.js';

const run = promisify(execFile);

/** A project that uses jamdev: a session backend, and programs that reach it by the command line and by code. */
const FILES: Record<string, string> = {
  'package.json': '{"name": "app", "private": true}',
  'server.cjs': `require('http').createServer((q, s) => s.end('session ' + process.env.SESSION_BACKEND_KEY)).listen(8080)`,
  'client.cjs': `(async () => {
    const connect = process.env.JAMDEV_API_URL + '/v2/service/-/-/connect';
    const { url } = await (await fetch(connect, { method: 'POST', body: '{"key":"from-exec"}' })).json();
    console.log(await (await fetch(url)).text());
  })();`,
  'use.cjs': `const { startDevServer } = require('jamdev');
  (async () => {
    const server = await startDevServer({ command: 'node server.cjs', port: 0, proxyPort: 0 });
    console.log(await (await fetch((await server.connect({ key: 'from-require' })).url)).text());
    await server.close();
  })();`,
  'use.mjs': `import { startDevServer } from 'jamdev';
    const server = await startDevServer({ command: 'node server.cjs', port: 0, proxyPort: 0 });
    console.log(await (await fetch((await server.connect({ key: 'from-import' })).url)).text());
    await server.close();`,
};

/** How a package manager installs a tarball, and how it then runs jamdev and a program. */
interface Use {
  by: keyof PackageManagers;
  install: readonly string[];
  jamdev: readonly string[];
  /** How hints name jamdev, and the arguments with which this package manager runs them. */
  hint: readonly [command: string, ...args: string[]];
  /** Default: plain Node.js. */
  node?: readonly string[];
  env?: NodeJS.ProcessEnv;
  files?: Record<string, string>;
}

/** All of them check the engines of packages, strictly if they can. Yarn 1 always does. */
const USES: Record<string, Use> = {
  npm: {
    by: 'npm',
    install: ['install', '--engine-strict', '--no-audit', '--no-fund', 'TARBALL'],
    jamdev: ['exec', '--no', '--', 'jamdev'],
    hint: ['npx jamdev', 'exec', '--no', '--', 'jamdev'],
  },
  pnpm: {
    by: 'pnpm',
    install: ['add', '--config.engine-strict=true', 'TARBALL'],
    jamdev: ['exec', 'jamdev'],
    hint: ['pnpm exec jamdev', 'exec', 'jamdev'],
  },
  'Yarn 1': {
    by: 'yarn1',
    install: ['add', '--no-progress', 'file:TARBALL'],
    jamdev: ['--silent', 'run', 'jamdev', '--'],
    hint: ['yarn jamdev', 'jamdev'],
  },
  'Yarn 4 with PnP': {
    by: 'yarn4',
    install: ['add', 'jamdev@file:TARBALL'],
    jamdev: ['run', 'jamdev'],
    hint: ['yarn jamdev', 'jamdev'],
    node: ['node'],
    env: { CI: '', YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: '0' },
    files: { 'yarn.lock': '' },
  },
  Bun: {
    by: 'bun',
    install: ['add', 'TARBALL'],
    jamdev: ['x', '--no-install', 'jamdev'],
    hint: ['bunx jamdev', 'x', 'jamdev'],
  },
};

const root = keepFolder();
let managers: PackageManagers;
let tarball: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  mkdirSync(join(root.path, 'managers'));
  managers = installPackageManagers(join(root.path, 'managers'));
  tarball = packJamdev(root.path);
  // Without the settings that the npm running these tests has made for its own project.
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|YARN_|BUN_|INIT_CWD)/i.test(name));
  const caches = join(root.path, 'caches');
  env = {
    ...Object.fromEntries(own),
    ...registryEnvironment(),
    npm_config_store_dir: join(caches, 'pnpm'),
    YARN_CACHE_FOLDER: join(caches, 'yarn'),
    BUN_INSTALL_CACHE_DIR: join(caches, 'bun'),
  };
});

afterAll(() => root.remove());

describe.concurrent('the packed package, installed by', () => {
  test.each(Object.entries(USES))('%s without a warning about engines, works', async (name, use) => {
    const folder = join(root.path, name.replaceAll(' ', '-'));
    mkdirSync(folder);
    for (const [file, content] of Object.entries({ ...FILES, ...use.files }))
      writeFileSync(join(folder, file), content);
    cpSync(tarball, join(folder, 'jamdev.tgz'));
    const [file, ...first] = managers[use.by];
    const options = { cwd: folder, env: { ...env, ...use.env } };
    const manage = async (args: readonly string[]) => run(file, [...first, ...args], options);

    const installed = await manage(use.install.map((word) => word.replace('TARBALL', './jamdev.tgz')));
    expect(installed.stdout + installed.stderr).not.toMatch(/engine/i);

    // The hint names the command that works here: under PnP, npx finds nothing.
    const [hint, ...hinted] = use.hint;
    const alone = await manage([...use.jamdev, 'list']).catch((error: { stdout: string; stderr: string }) => error);
    expect(alone.stdout + alone.stderr).toContain(`pass its folder: ${hint} dev FOLDER`);
    expect((await manage([...hinted, '--version'])).stdout).toMatch(/^\d+\.\d+\.\d+$/m);

    const exec = [...use.jamdev, 'exec', '--command', 'node server.cjs', '--', 'node', 'client.cjs'];
    expect((await manage(exec)).stdout).toContain('session from-exec\n');
    const { files } = JSON.parse((await manage([...use.jamdev, 'init', 'made', '-t', 'websocket', '--json'])).stdout);
    expect(files).toContain('public/index.html');
    // The printed commands work in the new folder with the jamdev that wrote it.
    const made = join(folder, 'made');
    const manifest = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8'));
    expect(manifest.devDependencies).toEqual({ jamdev: 'file:../jamdev.tgz' });
    const manageMade = (args: readonly string[]) => run(file, [...first, ...args], { ...options, cwd: made });
    await manageMade(['install']);
    const status = 'fetch(process.env.JAMDEV_API_URL).then((answer) => console.log(answer.status))';
    const execMade = [...use.jamdev, 'exec', '--', 'node', '-e', status];
    expect((await manageMade(execMade)).stdout).toMatch(/^\d{3}$/m);

    for (const [program, key] of [
      ['use.cjs', 'from-require'],
      ['use.mjs', 'from-import'],
    ] as const) {
      const { stdout } =
        use.node === undefined ? await run(process.execPath, [program], options) : await manage([...use.node, program]);
      expect(stdout).toContain(`session ${key}\n`);
    }
  });
});
