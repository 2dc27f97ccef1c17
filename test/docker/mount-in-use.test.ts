import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli, startCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { cleanUp, containersOf, describeDocker } from './support.js';

const SERVER = `require('http').createServer((q, s) => s.end('hello')).listen(8080)`;
/** Waits in jamdev exec for the order to connect with a key and a mount, and prints the answer, repeatedly. */
const ASKER = `
const { existsSync, rmSync } = require('node:fs');
setInterval(async () => {
  if (!existsSync('ask')) return;
  rmSync('ask');
  const body = JSON.stringify({ key: 'doc', spawn: { executable: { mount: true } } });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(process.env.JAMDEV_API_URL + '/v2/service/-/-/connect', { method: 'POST', headers, body });
  console.log('answer ' + answer.status + ' ' + (await answer.text()));
}, 50);
console.log('asker is up');
`;

describeDocker('the mount of a key', () => {
  test('is used by one backend at a time, whichever dev server started it, even if that was killed', async () => {
    const folder = makeProject({
      Dockerfile: 'FROM node:22-slim\nCOPY server.js /server.js\nCMD ["node", "/server.js"]\n',
      'server.js': SERVER,
      'asker.cjs': ASKER,
      // Containers are counted.
      'jamsocket.config.json': { dockerfile: './Dockerfile', warm: 0 },
    });
    const dev = await startDev(folder, ['--no-watch']);
    onTestFinished(() => cleanUp(dev));
    const exec = startCli(['exec', '--', 'node', 'asker.cjs'], { cwd: folder });
    await waitFor(() => exec.stdout().includes('asker is up'), 'the other dev server', 90_000);
    const mount = { key: 'doc', spawn: { executable: { mount: true } } };
    const first = await post(`${dev.apiUrl}/v2/service/-/-/connect`, mount);
    expect(first.status).toBe(200);
    const { url, backend_id: id } = first.json<{ url: string; backend_id: string }>();
    expect((await send(url)).text).toBe('hello');
    // The holder of the key is returned, with or without a mount.
    expect((await post(`${dev.apiUrl}/v2/service/-/-/connect`, mount)).json()).toMatchObject({ spawned: false });

    const ask = async () => {
      const before = exec.stdout().split('answer ').length;
      writeFileSync(join(folder, 'ask'), '');
      await waitFor(() => exec.stdout().split('answer ').length > before, 'the answer');
      return exec.stdout().split('answer ').at(-1) ?? '';
    };
    const refused = await ask();
    expect(refused).toMatch(/^409 /);
    expect(refused).toContain('MountInUse');
    expect(refused).toContain(dev.apiUrl);
    expect((await runCli(['status', id], { cwd: folder })).stdout).toContain('ready');

    dev.process.kill('SIGKILL');
    await dev.exit;
    expect(await containersOf(folder)).toHaveLength(1);
    // The container of the dead dev server is ended first.
    expect(await ask()).toMatch(/^200 /);
    await waitFor(async () => (await containersOf(folder)).length === 1, 'the only container to be the new one');
    exec.process.kill('SIGTERM');
    await exec.exit;
    expect(await containersOf(folder)).toEqual([]);
  });
});
