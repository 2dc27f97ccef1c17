import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, startDev, untilWatching } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;

describe('the debug log', () => {
  test('stays empty unless it is requested', async () => {
    const dev = await startDev(makeProject(), ['--command', ECHO], { env: { ...process.env, JAMDEV_DEBUG: '0' } });
    await send((await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key: 'doc' })).json<{ url: string }>().url);
    await send(`${dev.proxyUrl}/nothing`);
    expect(dev.stderr()).toBe('');
  });

  test.each([
    ['--debug', ['--debug'], {}],
    ['JAMDEV_DEBUG=1', [], { JAMDEV_DEBUG: '1' }],
  ])('with %s has decisions, and errors with the ids of their answers', async (_title, args, env) => {
    const folder = makeProject({ 'server.mjs': `import ${JSON.stringify(fixture('echo-server.mjs'))};` });
    const secret = ['--env', 'API_KEY=hunter2'];
    const dev = await startDev(folder, ['--command', 'PASSWORD=hunter2 node server.mjs', ...secret, ...args], {
      env: { ...process.env, ...env },
    });
    const untilLogged = async (text: string | RegExp) =>
      waitFor(() => (typeof text === 'string' ? dev.stderr().includes(text) : text.test(dev.stderr())), String(text));

    await untilLogged(/^jamdev: \S+Z cli: jamdev \d\S* dev, Node\.js v/m);
    await untilLogged(`config: project ${folder}, config file none\n`);
    await untilLogged('service default: process from the option --command');
    await untilLogged(`ports: API ${dev.apiUrl}, proxy ${dev.proxyUrl}\n`);

    const connectUrl = `${dev.apiUrl}/v2/service/-/-/connect`;
    const connected = (await post(connectUrl, { key: 'doc' })).json<{ backend_id: string; url: string }>();
    await send(connected.url);
    await post(connectUrl, { key: 'doc' });
    await untilLogged(`platform: connect to default with key doc: spawned ${connected.backend_id}`);
    await untilLogged(`platform: connect to default with key doc: found ${connected.backend_id} (ready)`);
    await untilLogged(new RegExp(`processes: backend ${connected.backend_id} is process \\d+, on port \\d+`));
    await untilLogged(new RegExp(`event: status .*"${connected.backend_id}".*"ready"`));

    const idOf = (text: string) => (JSON.parse(text) as { error: { id: string } }).error.id;
    const refused = await post(connectUrl, { key: 'nobody', spawn: false });
    await untilLogged(
      `api: POST /v2/service/-/-/connect is answered with an error (id ${idOf(refused.text)}): KeyUnheldNoSpawnConfig:`,
    );
    const [, token = ''] = new URL(connected.url).pathname.split('/');
    const lost = [...token].reverse().join('');
    const json = { headers: { accept: 'application/json' } };
    const gone = await send(`${dev.proxyUrl}/${lost}/`, json);
    await untilLogged(`proxy: GET /TOKEN/ is answered with an error (id ${idOf(gone.text)}): TokenUnknown:`);

    await untilWatching(dev);
    writeFileSync(join(folder, 'server.mjs'), `import ${JSON.stringify(fixture('echo-server.mjs'))}; // changed`);
    await untilLogged(/builds: default: changed server\.mjs \(by \w+\): \w+/);
    for (const word of ['hunter2', token, lost]) expect(dev.stderr()).not.toContain(word);
    expect(dev.stdout()).not.toContain('platform:');
  });

  test('of other commands goes to stderr and leaves their result unchanged', async () => {
    const dev = await startDev(makeProject(), ['--command', ECHO]);
    const plain = await runCli(['list', '--json'], { cwd: dev.folder });
    const debug = await runCli(['list', '--json', '--debug'], { cwd: dev.folder });
    expect(debug.stdout).toBe(plain.stdout);
    expect(debug.stderr).toMatch(/^jamdev: \S+Z cli: jamdev \d\S* list, Node\.js v/);
    expect(debug.stderr).toContain(`cli: dev server ${dev.apiUrl}, of ${dev.folder}\n`);
    const exec = await runCli(['exec', '--command', ECHO, '--', 'echo', '--debug'], { cwd: makeProject() });
    expect(exec).toMatchObject({ code: 0, stdout: '--debug\n', stderr: '' });
  });
});
