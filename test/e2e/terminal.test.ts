import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { describeTerminal, openTerminal, type PseudoTerminal } from '../support/pseudo-terminal.js';
import { living, waitFor } from '../support/wait.js';

function startDev(more: string[] = [], env: NodeJS.ProcessEnv = {}): PseudoTerminal {
  const command = `node ${fixture('echo-server.mjs')}`;
  return openTerminal(
    ['dev', '--port', '0', '--proxy-port', '0', '--command', command, ...more],
    makeTempFolder(),
    env,
  );
}

async function apiOf(terminal: PseudoTerminal): Promise<string> {
  const match = await waitFor(
    () => /API\s+(?:\u001b\[\d+m)?(http:\/\/localhost:\d+)/.exec(terminal.screen()),
    'the banner',
  );
  return match[1] ?? '';
}

describeTerminal('jamdev dev in a terminal', () => {
  test('shows colors and reacts to keys: h, b, t and q', async () => {
    const terminal = startDev(['--build', 'echo built']);
    const api = await apiOf(terminal);
    expect(terminal.screen()).toContain('\u001b[');
    await waitFor(() => /h help.*q quit.*b build.*t terminate/.test(terminal.screen()), 'the keys');
    terminal.press('h');
    await waitFor(() => terminal.screen().includes('terminate all backends'), 'the help');
    terminal.press('p');
    await waitFor(() => terminal.screen().includes('Watching is paused.'), 'the pause');
    terminal.press('p');
    await waitFor(() => terminal.screen().includes('Watching for changes.'), 'the end of the pause');
    terminal.press('b');
    await waitFor(() => terminal.screen().includes('(key b)'), 'the build');
    const { url } = (await post(`${api}/v2/service/-/-/connect`, { key: 'k' })).json<{ url: string }>();
    const { pid } = (await send(url)).json<{ pid: number }>();
    terminal.press('t');
    await waitFor(() => / terminated .*\(SIGTERM, /.test(terminal.screen()), 'the end of the backend');
    expect(await living([pid])).toEqual([]);
    terminal.press('q');
    expect(await terminal.exit).toBe(0);
    expect(terminal.screen()).toContain('Stopped.');
  });

  test('Ctrl-C stops it and its backends', async () => {
    const terminal = startDev();
    const api = await apiOf(terminal);
    const { url } = (await post(`${api}/v2/service/-/-/connect`, {})).json<{ url: string }>();
    const { pid } = (await send(url)).json<{ pid: number }>();
    terminal.press('\u0003');
    expect(await terminal.exit).toBe(0);
    expect(await living([pid])).toEqual([]);
  });

  test('NO_COLOR turns colors and raw mode off', async () => {
    const terminal = startDev([], { NO_COLOR: '1' });
    await apiOf(terminal);
    expect(terminal.screen()).not.toContain('\u001b');
    expect(terminal.screen()).not.toContain('q quit');
    terminal.press('\u0003');
    expect(await terminal.exit).toBe(0);
  });

  test('closing the terminal lets backends save their work', async () => {
    const saved = join(makeTempFolder(), 'saved');
    const code = `process.on('SIGTERM', () => setTimeout(() => { require('fs').writeFileSync('${saved}', 'x'); process.exit(0); }, 200)); require('http').createServer((q, s) => s.end()).listen(process.env.PORT)`;
    const folder = makeProject({ 'server.js': code });
    const terminal = openTerminal(
      ['dev', folder, '--port', '0', '--proxy-port', '0', '--command', 'node server.js'],
      makeTempFolder(),
    );
    const api = await apiOf(terminal);
    const { url } = (await post(`${api}/v2/service/-/-/connect`, {})).json<{ url: string }>();
    await send(url);
    // The terminal is gone, so every write to it fails.
    terminal.process.kill('SIGKILL');
    await waitFor(() => existsSync(saved), 'the work to be saved');
    await waitFor(() => readdirSync(stateFolderOf(folder).servers).length === 0, 'the record to be gone');
  });
});
