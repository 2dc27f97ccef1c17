import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDev, untilWatching } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

test('named pipes and a 1 GB file in a project with a build block neither the API nor a backend nor Ctrl-C', async () => {
  const folder = makeProject({ 'server.js': '' });
  execFileSync('mkfifo', [join(folder, 'before.pipe')]);
  const dev = await startDev(folder, ['--build', 'true', '--command', `node ${fixture('echo-server.mjs')}`]);
  await untilWatching(dev);
  const { url } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc-1' })).json<{ url: string }>();
  execFileSync('mkfifo', [join(folder, 'after.pipe')]);
  writeFileSync(join(folder, 'large.bin'), '');
  truncateSync(join(folder, 'large.bin'), 1024 ** 3);
  execFileSync('touch', ['-h', join(folder, 'before.pipe')]);
  await waitFor(() => dev.stdout().includes('changed: '), 'the change to be noticed');
  for (let count = 0; count < 20; count += 1) {
    expect((await send(`${dev.apiUrl}/auth`)).status).toBe(200);
    expect((await send(url)).status).toBe(200);
  }
  writeFileSync(join(folder, 'server.js'), '// changed');
  await waitFor(() => dev.stdout().includes('server.js'), 'the next change');
  dev.process.kill('SIGINT');
  expect(await dev.exit).toBe(0);
});

test('named pipes as ignore files, more than Node.js has threads, block neither the watcher nor Ctrl-C', async () => {
  const folder = makeProject({ 'server.js': '' });
  execFileSync('git', ['init', '--quiet', folder]);
  for (const place of ['.', 'a', 'b', 'c', 'd', 'e']) {
    mkdirSync(join(folder, place), { recursive: true });
    execFileSync('mkfifo', [join(folder, place, '.gitignore')]);
  }
  const dev = await startDev(folder, ['--build', 'true', '--command', `node ${fixture('echo-server.mjs')}`]);
  await untilWatching(dev);
  writeFileSync(join(folder, 'e', 'page.js'), '// new');
  await waitFor(() => dev.stdout().includes('e/page.js'), 'the change to be noticed');
  dev.process.kill('SIGINT');
  expect(await dev.exit).toBe(0);
});
