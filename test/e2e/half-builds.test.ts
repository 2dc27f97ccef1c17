import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDev, untilWatching } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** Deletes its output, waits for the file `go` to say how to end, and fails halfway or completes. */
const BUILD = `
  const fs = require('fs');
  fs.rmSync('dist', { recursive: true, force: true });
  fs.mkdirSync('dist');
  fs.appendFileSync('builds.log', 'x');
  const timer = setInterval(() => {
    const number = fs.readFileSync('builds.log', 'utf8').length;
    const end = fs.existsSync('go' + number) && fs.readFileSync('go' + number, 'utf8');
    if (!end) return;
    clearInterval(timer);
    if (end === 'fail') { console.log('TYPO in server.ts'); process.exit(2); }
    fs.copyFileSync('server.ts', 'dist/server.js');
  }, 10);
`;

function program(version: string, before = ''): string {
  return `${before}require('http').createServer((q, s) => s.end('${version}')).listen(process.env.PORT)`;
}

/** A dev server for several builds, each of which the test releases. */
test('a process waits for a running build instead of starting on half of it, and fails with BuildFailed', async () => {
  const folder = makeProject({
    'build.js': BUILD,
    'server.ts': program('one'),
    go1: 'ok',
    'jamdev.config.json': { command: 'node dist/server.js', build: 'node build.js', watch: 'server.ts' },
  });
  const dev = await startDev(folder);
  const connect = (key: string) => post(`${dev.apiUrl}/v2/service/-/-/connect`, { key });
  const urlOf = async (key: string) => (await connect(key)).json<{ url: string }>().url;
  const finishBuild = (build: number, end: 'ok' | 'fail') => writeFileSync(join(folder, `go${build}`), end);
  const untilBuild = (build: number) =>
    waitFor(() => readFileSync(join(folder, 'builds.log'), 'utf8').length === build, `build ${build}`);
  const save = (text: string) => writeFileSync(join(folder, 'server.ts'), text);
  const untilSaid = (text: string) => waitFor(() => dev.stdout().includes(text), text);

  // Running backends keep running, whatever builds do.
  const old = await urlOf('old');
  expect((await send(old)).text).toBe('one');
  await untilWatching(dev);
  save(program('two'));
  await untilBuild(2);
  expect(existsSync(join(folder, 'dist', 'server.js'))).toBe(false);

  // A new backend waits while a build runs.
  const waiting = await connect('waiting');
  expect(waiting.json()).toMatchObject({ spawned: true });
  const answer = send(waiting.json<{ url: string }>().url);
  expect((await send(old)).text).toBe('one');
  finishBuild(2, 'ok');
  expect((await answer).text).toBe('two');
  await waitFor(async () => (await send(old)).text === 'two', 'the session to be replaced');

  // After a failed build no backend can start, but connects still find the holder of a key.
  save(program('three'));
  await untilBuild(3);
  const doomed = (await connect('doomed')).json<{ backend_id: string }>().backend_id;
  finishBuild(3, 'fail');
  await untilSaid('failed (exit code 2)');
  const status = await waitFor(async () => {
    const now = (await send(`${dev.apiUrl}/v2/backend/${doomed}/status`)).json();
    return now.status === 'terminated' && now;
  }, 'the one that waited to end');
  expect(status).toMatchObject({ exit_error: true });
  const refused = await connect('new');
  expect({ status: refused.status, ...refused.json<{ error: object }>().error }).toMatchObject({
    status: 503,
    code: 'BuildFailed',
    message: expect.stringContaining('TYPO in server.ts'),
  });
  expect((await connect('old')).json()).toMatchObject({ spawned: false });
  expect((await send(old)).text).toBe('two');

  // A session that is being replaced when the next build begins keeps its URL until a build succeeds.
  save(program('four', 'process.on("SIGTERM", () => {});'));
  await untilBuild(4);
  finishBuild(4, 'ok');
  await waitFor(async () => (await send(old)).text === 'four', 'the next code');
  save(program('five'));
  await untilBuild(5);
  finishBuild(5, 'ok');
  await untilSaid('replaced by build 5');
  // Its old process takes time to end. In the meantime:
  save(program('six'));
  await untilBuild(6);
  finishBuild(6, 'fail');
  const held = send(old);
  await untilSaid('The next process starts after a build that succeeds.');
  save(program('seven'));
  await untilBuild(7);
  finishBuild(7, 'ok');
  expect((await held).text).toBe('seven');
});

test('a process that ends while a build removes its files starts again after the build', async () => {
  const folder = makeProject({
    'build.js': BUILD,
    // Reads its files some time after its start, as a lazy import does.
    'server.ts': `
      require('fs').writeFileSync('started', '');
      const timer = setInterval(() => {
        if (!require('fs').existsSync('load')) return;
        clearInterval(timer);
        require('./server.js');
        require('http').createServer((q, s) => s.end('whole')).listen(process.env.PORT);
      }, 10);
    `,
    go1: 'ok',
    'jamdev.config.json': { command: 'node dist/server.js', build: 'node build.js', watch: false, onChange: 'keep' },
  });
  const dev = await startDev(folder);
  const { url, backend_id: id } = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, {})).json<
    Record<string, string>
  >();
  await waitFor(() => existsSync(join(folder, 'started')), 'the start');
  const build = post(`${dev.apiUrl}/_jamdev/build`, {});
  await waitFor(() => readFileSync(join(folder, 'builds.log'), 'utf8') === 'xx', 'the build');
  // The program of this process is no longer on disk, so whatever it loads now fails.
  writeFileSync(join(folder, 'load'), '');
  const failed = await waitFor(async () => {
    const { text } = await send(`${dev.apiUrl}/_jamdev/logs?backend=${id}&follow=false`);
    return text.includes('MODULE_NOT_FOUND') && text;
  }, 'the process to fail');
  expect(failed).toContain('server.js');
  writeFileSync(join(folder, 'go2'), 'ok');
  await build;
  expect((await send(url ?? '')).text).toBe('whole');
});
