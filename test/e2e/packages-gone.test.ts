import { spawn } from 'node:child_process';
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** Listens on the platform's port, so that only jamdev's preload makes it reachable. */
const SERVER = `console.log('up'); require('http').createServer((q, s) => s.end('hello')).listen(8080)`;

/** Copies jamdev and its dependencies. @returns the folder that contains node_modules */
function installCopy(): string {
  const folder = makeTempFolder();
  const own = join(folder, 'node_modules', 'jamdev');
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(ROOT, part), join(own, part), { recursive: true });
  const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies?: object;
  };
  for (const name of Object.keys(dependencies)) {
    const target = join(folder, 'node_modules', name);
    cpSync(join(ROOT, 'node_modules', name), target, { recursive: true, dereference: true });
  }
  return folder;
}

test('a ready dev server keeps working when its packages are removed, as during npm install', async () => {
  const installed = installCopy();
  const project = makeProject({ 'server.cjs': SERVER });
  const bin = join(installed, 'node_modules', 'jamdev', 'bin', 'jamdev.js');
  const args = [
    bin,
    'dev',
    '--port',
    '0',
    '--proxy-port',
    '0',
    '--command',
    'node server.cjs',
    '--build',
    'echo built',
  ];
  const dev = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise((resolve) => dev.once('close', resolve));
  let output = '';
  for (const stream of [dev.stdout, dev.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  onTestFinished(async () => {
    dev.kill('SIGTERM');
    await exit;
  });
  await waitFor(() => /^ {2}spawn/m.test(output), 'the banner');
  renameSync(join(installed, 'node_modules'), join(installed, 'node_modules.gone'));

  const [, api = ''] = /API\s+(http:\/\/\S+)/.exec(output) ?? [];
  const connected = await post(`${api}/v2/service/-/-/connect`, { key: 'doc' });
  expect(connected.status).toBe(200);
  const { url, backend_id: id } = connected.json<{ url: string; backend_id: string }>();
  expect((await send(url)).text).toBe('hello');
  expect((await send(`${api}/v2/backend/${id}/status`)).json()).toMatchObject({ status: 'ready' });
  expect((await send(`${api}/_jamdev/logs?follow=false`)).text).toContain('"text":"up"');
  const other = { cwd: project };
  expect((await runCli(['list'], other)).stdout).toContain(id);
  expect((await runCli(['logs', 'doc', '--no-follow'], other)).stdout).toContain('up');
  expect((await runCli(['build'], other)).code).toBe(0);
  writeFileSync(join(project, 'server.cjs'), SERVER.replace('hello', 'changed'));
  await waitFor(() => /changed: server.cjs/.test(output), 'the change to be noticed');
  await waitFor(async () => {
    const again = await post(`${api}/v2/service/-/-/connect`, { key: 'later' });
    return (await send(again.json<{ url: string }>().url)).text === 'changed';
  }, 'the new code');
  expect((await send(`${api}/openapi.json`)).status).toBe(200);
  dev.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(output).not.toMatch(/fault|Cannot find|ENOENT/);
});
