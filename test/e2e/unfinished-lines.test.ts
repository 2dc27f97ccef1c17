import { expect, test } from 'vitest';
import { type DevRun, runCli, startCli, startDev } from '../support/cli.js';
import { openStream, post, send } from '../support/http.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { describeTmux, devLine, Tmux } from '../support/tmux.js';
import { waitFor } from '../support/wait.js';

const COMMAND = ['--command', `node ${fixture('printing-server.mjs')}`, '--no-watch'];

/** A backend that prints what it is told to. */
async function connect(apiUrl: string, key: string) {
  const { url, backend_id: id } = (await post(`${apiUrl}/v2/service/-/-/connect`, { key })).json<{
    url: string;
    backend_id: string;
  }>();
  const print = (text: string | Buffer, path = '') => send(`${url}${path}`, { method: 'POST', body: text });
  await print('');
  return { id, url, print };
}

async function startBackend(): Promise<{
  dev: DevRun;
  id: string;
  print: (text: string | Buffer, path?: string) => Promise<unknown>;
}> {
  const dev = await startDev(makeTempFolder(), COMMAND);
  return { dev, ...(await connect(dev.apiUrl, 'doc')) };
}

/** The last line of an output, as far as it has arrived. */
function lastLine(output: string): string {
  return output.slice(output.lastIndexOf('\n') + 1);
}

test('dev and logs show a prompt after a moment, and its whole line once it is answered', async () => {
  const { dev, id, print } = await startBackend();
  const logs = startCli(['logs'], { cwd: dev.folder });
  const one = startCli(['logs', 'doc'], { cwd: dev.folder });
  const stream = await openStream(`${dev.apiUrl}/v2/backend/${id}/logs/stream`);
  await print('begin\nName: ');
  await waitFor(() => lastLine(dev.stdout()) === 'doc | Name: ', 'the prompt in dev');
  await waitFor(() => lastLine(logs.stdout()) === 'doc | Name: ', 'the prompt in logs');
  await waitFor(() => lastLine(one.stdout()) === 'Name: ', 'the prompt in the log of one');
  const late = startCli(['logs', 'doc'], { cwd: dev.folder });
  await waitFor(() => late.stdout() === 'begin\nName: ', 'the prompt in a log that is opened later');
  expect((await runCli(['logs', '--no-follow'], { cwd: dev.folder })).stdout).toBe('doc | begin\ndoc | Name: \n');
  expect((await runCli(['logs', '--no-follow', '--json'], { cwd: dev.folder })).stdout.split('\n')).toHaveLength(2);
  expect(stream.chunks.join('')).toBe('data: begin\n\n');
  await print('Ann\n');
  await waitFor(() => stream.chunks.join('').endsWith('data: Name: Ann\n\n'), 'the event');
  await waitFor(() => dev.stdout().endsWith('\ndoc | Name: Ann\n'), 'the line in dev');
  await waitFor(() => logs.stdout() === 'doc | begin\ndoc | Name: Ann\n', 'the line in logs');
  await waitFor(
    () => one.stdout() === 'begin\nName: Ann\n' && late.stdout() === one.stdout(),
    'the line in the logs of one',
  );
  for (const run of [logs, one, late]) run.process.kill('SIGINT');
});

test('the parts of a progress bar replace each other, and the last one becomes the line', async () => {
  const { dev, id, print } = await startBackend();
  for (const part of ['\r10%', '\r', '50', '%', '\r90%']) await print(part);
  // A pipe cannot take text back, so the first part that dev printed stays.
  await waitFor(() => /doc \| \d+%?$/.test(dev.stdout()), 'the progress in dev');
  await print('\rdone\r');
  await print('\n');
  await waitFor(() => dev.stdout().endsWith('\ndoc | done\n'), 'the line in dev');
  expect((await runCli(['logs', 'doc', '--no-follow'], { cwd: dev.folder })).stdout).toBe('done\n');
  const stream = await openStream(`${dev.apiUrl}/v2/backend/${id}/logs/stream`);
  await waitFor(() => stream.chunks.join('').match(/data: /g)?.length === 1, 'the one event');
});

test('an unfinished line of each stream is shown in whole characters and is logged when the backend ends', async () => {
  const { dev, id, print } = await startBackend();
  const stream = await openStream(`${dev.apiUrl}/v2/backend/${id}/logs/stream`);
  const fox = Buffer.from('out 🦊');
  await print(fox.subarray(0, -2));
  await waitFor(() => lastLine(dev.stdout()) === 'doc | out ', 'the first half');
  await print(fox.subarray(-2));
  await waitFor(() => lastLine(dev.stdout()) === 'doc | out 🦊', 'the second half');
  await print('err', 'stderr');
  await waitFor(() => lastLine(dev.stdout()) === 'doc | err', 'the other output');
  expect(stream.chunks.join('')).toBe('');
  await print('', 'exit');
  await stream.ended;
  expect(stream.chunks.join('')).toBe('data: out 🦊\n\ndata: err\n\n');
  await waitFor(() => dev.stdout().includes('exited by itself'), 'the end');
  expect(dev.stdout()).toMatch(/doc \| err\n(.*\n)*doc \| .*exited by itself/);
});

test('a flood without newlines blocks nothing, and its end is shown', async () => {
  const { dev, print } = await startBackend();
  const part = Buffer.from('spinning\r'.repeat(100_000));
  for (let count = 0; count < 20; count += 1) {
    await print(part);
    expect((await send(`${dev.apiUrl}/auth`)).status).toBe(200);
  }
  await print('\rspun\n');
  await waitFor(() => dev.stdout().endsWith('doc | spun\n'), 'the last part');
  expect(dev.stdout().length).toBeLessThan(10_000);
});

describeTmux('in a terminal', () => {
  test('the unfinished line is the last one on the screen, above the footer if there is one', async () => {
    for (const args of [[], ['--no-interactive']]) {
      const folder = makeTempFolder();
      const tmux = await Tmux.open({ cwd: folder });
      await tmux.enter(devLine(...COMMAND, ...args));
      const apiUrl = await waitFor(
        async () => /API +(http:\S+)/.exec((await tmux.history()).join('\n'))?.[1],
        'the banner',
      );
      const { print } = await connect(apiUrl, 'doc');
      for (const part of ['Step 1\n10%', '\r50%']) await print(part);
      await waitFor(async () => (await tmux.history()).includes('doc | 50%'), 'the progress');
      expect((await tmux.history()).join('\n')).not.toContain('10%');
      await print('\rdone\nName: ');
      await waitFor(async () => (await tmux.history()).includes('doc | Name:'), 'the prompt');
      const shown = (await tmux.history()).filter((line) => line.startsWith('doc | ')).slice(-3);
      expect(shown).toEqual(['doc | Step 1', 'doc | done', 'doc | Name:']);
      await tmux.press('C-c');
      await waitFor(async () => (await tmux.history()).includes('Stopped.'), 'the end');
    }
  });
});
