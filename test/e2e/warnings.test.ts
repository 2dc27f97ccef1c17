import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { runCli, startDev, untilWatching } from '../support/cli.js';
import { send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** Makes warnings say where they come from. */
const env = { NODE_OPTIONS: '--trace-warnings --pending-deprecation' };

/** Warnings of Node.js: deprecations, experimental features, too many listeners, unsettled promises. */
function expectNoWarning(output: string): void {
  expect(output).not.toMatch(/\(node:\d+\)|Warning:/);
}

test(`Node.js ${process.version} prints no warning for a dev server and its commands`, async () => {
  const folder = makeProject({ 'server.js': '' });
  const dev = await startDev(folder, ['--build', 'true', '--command', `node ${fixture('echo-server.mjs')}`], { env });
  await untilWatching(dev);
  const spawned = await runCli(['spawn', '--key', 'doc-1', '--wait'], { cwd: folder, env });
  const { url } = JSON.parse(spawned.stdout) as { url: string };
  expect((await send(`${url}some/path?query`, { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(200);
  const socket = new WebSocket(url.replace('http', 'ws'));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.close();
  writeFileSync(join(folder, 'server.js'), '// changed');
  await waitFor(() => dev.stdout().includes('changed: server.js'), 'the rebuild');
  const outputs = [spawned.stderr];
  for (const args of [
    ['connect', '--key', 'doc-1', '--user', 'ann'],
    ['list'],
    ['status', 'doc-1'],
    ['logs', '--no-follow'],
    ['build'],
    ['doctor'],
    ['terminate', 'doc-1'],
    ['list', '--everywhere'],
    ['--help'],
  ]) {
    const { stdout, stderr } = await runCli(args, { cwd: folder, env });
    outputs.push(stdout, stderr);
  }
  dev.process.kill('SIGINT');
  expect(await dev.exit).toBe(0);
  for (const output of [...outputs, dev.stdout(), dev.stderr()]) expectNoWarning(output);
});

test(`Node.js ${process.version} prints no warning for exec and init`, async () => {
  const folder = makeTempFolder();
  const init = await runCli(['init', '.', '--template', 'websocket'], { cwd: folder, env });
  const command = `const { JAMDEV_API_URL } = process.env; fetch(JAMDEV_API_URL + '/_jamdev/info').then((r) => r.json())`;
  const words = ['exec', '--logs', '--command', `node ${fixture('echo-server.mjs')}`, '--', 'node', '-e', command];
  const exec = await runCli(words, { cwd: folder, env });
  expect([init.code, exec.code]).toEqual([0, 0]);
  for (const { stdout, stderr } of [init, exec]) expectNoWarning(stdout + stderr);
});
