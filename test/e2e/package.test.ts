import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTemplate, TEMPLATE_NAMES } from '../../src/cli/commands/init/templates.js';
import { post, send } from '../support/http.js';
import { packJamdev } from '../support/package-managers.js';
import { fixture, makeTempFolder, ROOT } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

/** Packs the repository, and installs the package into an empty folder. */
function installPackage(): string {
  const folder = makeTempFolder();
  const tarball = packJamdev(folder);
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], {
    cwd: folder,
    stdio: 'ignore',
  });
  return folder;
}

/** Expects every template that the installed package writes to match the repository, with dotfiles, plus jamdev. */
async function expectTemplates(folder: string): Promise<void> {
  for (const name of TEMPLATE_NAMES) {
    const args = ['--no-install', 'jamdev', 'init', join('apps', name), '--template', name, '--json'];
    const printed = execFileSync('npx', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const { files, next } = JSON.parse(printed);
    const expected = await readTemplate(name);
    expect(files).toEqual(expected.map(({ path }) => path));
    for (const { path, content } of expected) {
      const written = readFileSync(join(folder, 'apps', name, path));
      if (path !== 'package.json') expect(written.equals(content), path).toBe(true);
      else expect(JSON.parse(written.toString()).devDependencies.jamdev).toMatch(/^file:.*\.tgz$/);
    }
    expect(next.slice(-2)).toEqual(['npx jamdev dev', 'npx jamdev spawn --key doc-1']);
  }
}

test('the packed package works in an empty folder, with npx jamdev dev and with import', async () => {
  const folder = installPackage();
  const installed = join(folder, 'node_modules', 'jamdev');
  const content = [
    'LICENSE',
    'README.md',
    'bin',
    'completions',
    'config.schema.json',
    'deploy',
    'dist',
    'docs',
    'package.json',
    'templates',
  ];
  expect(readdirSync(installed).sort()).toEqual(content);
  expect(existsSync(join(installed, 'dist', 'remap-8080.cjs'))).toBe(true);
  // Bundled packages and their dependencies come with their licenses.
  const licenses = readFileSync(join(installed, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['accepts', 'commander', 'http-proxy-middleware', 'zod']) {
    expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n\\n.*Licen[sc]e`, 'ms'));
  }

  await expectTemplates(folder);

  writeFileSync(
    join(folder, 'server.cjs'),
    `require('http').createServer((q, s) => s.end('from the package')).listen(8080)`,
  );
  const args = ['jamdev', 'dev', '--port', '0', '--proxy-port', '0', '--command', 'node server.cjs'];
  const child = spawn('npx', ['--no-install', ...args], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await exit;
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const api = (await waitFor(() => /API\s+(http:\/\/\S+)/.exec(output), 'the dev server'))[1];
  await waitFor(() => output.includes('npx jamdev spawn --key doc-1'), 'the next step');
  const { url } = (await post(`${api}/v2/service/-/-/connect`, { key: 'k' })).json<{ url: string }>();
  expect((await send(url)).text).toBe('from the package');

  writeFileSync(
    join(folder, 'use.js'),
    `import { startDevServer } from 'jamdev';
     const server = await startDevServer({ command: 'node ${fixture('echo-server.mjs')}', port: 0, proxyPort: 0 });
     const { url } = await server.connect({ key: 'from-code' });
     const { pid, environment } = await (await fetch(url)).json();
     console.log(JSON.stringify({ pid, key: environment.SESSION_BACKEND_KEY }));
     await server[Symbol.asyncDispose]();`,
  );
  const printed = execFileSync(process.execPath, ['use.js'], { cwd: folder, encoding: 'utf8' });
  const { pid, key } = JSON.parse(printed);
  expect(key).toBe('from-code');
  expect(await living([pid])).toEqual([]);
});

test('package.json has the required fields, and its exports exist', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({
    type: 'module',
    bin: { jamdev: 'bin/jamdev.js' },
    license: 'MIT',
    engines: { node: '>=20.19' },
  });
  const { import: forImport, require: forRequire } = manifest.exports['.'];
  const paths = [...Object.values(forImport), ...Object.values(forRequire), manifest.main, manifest.types] as string[];
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
