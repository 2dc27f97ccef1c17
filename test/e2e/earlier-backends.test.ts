import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type DevRun, runCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';

const SERVER = `
  console.log('hello from ' + process.env.SESSION_BACKEND_KEY);
  require('http').createServer((request, response) => {
    if (request.url !== '/crash') return response.end(String(process.pid));
    console.error('about to crash');
    process.exit(7);
  }).listen(process.env.PORT);
`;

test('lists backends of earlier dev servers and shows the logs of crashed ones', async () => {
  const folder = makeProject({ 'server.js': SERVER, 'below/x': '' });
  const jamdev = (...args: string[]) => runCli(args, { cwd: join(folder, 'below') });
  const spawn = async (dev: DevRun, key: string) => {
    const answer = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, { key })).json<Record<string, string>>();
    const { text } = await send(answer.url ?? '');
    return { id: answer.backend_id ?? '', url: answer.url ?? '', pid: Number(text) };
  };
  const longKey = `document-${'x'.repeat(60)}-chapter-1`;

  const first = await startDev(folder);
  const healthy = await spawn(first, longKey);
  const crashed = await spawn(first, 'crashes');
  expect((await jamdev('logs', '--crashed')).stdout).toBe('');
  await send(`${crashed.url}crash`).catch(() => undefined);
  await waitFor(() => first.stdout().includes('crashed: exit code 7'), 'the crash');
  const shown = await jamdev('logs', '--crashed');
  expect(shown.stdout).toContain('crashes | about to crash\n');
  expect(shown.stdout).not.toContain('document');
  // A key that is too long for its column is shortened in the middle.
  const [heading = '', row = ''] = (await jamdev('list')).stdout.split('\n');
  expect(row).toMatch(new RegExp(`^${healthy.id}  document-x{6}\\.\\.\\.xxxx-chapter-1 +default +ready`));
  expect(row.indexOf('default')).toBe(heading.indexOf('SERVICE'));
  first.process.kill('SIGTERM');
  expect(await first.exit).toBe(0);

  // First without a dev server, from the state it left; then by the next dev server.
  const stored = await jamdev('list', '--all');
  expect(stored).toMatchObject({ code: 0, stderr: expect.stringContaining('No dev server is running') });
  expect((await jamdev('list')).code).toBe(1);
  expect((await jamdev('logs', '--crashed', 'crashes')).stdout).toContain('about to crash');

  const second = await startDev(folder);
  const third = await spawn(second, 'now');
  const all = JSON.parse((await jamdev('list', '--all', '--json')).stdout);
  expect(all).toMatchObject([
    { id: healthy.id, key: longKey, status: { status: 'terminated', termination_reason: 'external' } },
    { id: crashed.id, key: 'crashes', status: { status: 'terminated', exit_error: true } },
    { id: third.id, key: 'now', status: { status: 'ready' } },
  ]);
  for (const { id } of [healthy, crashed]) expect(stored.stdout).toMatch(new RegExp(`^${id} .* terminated`, 'm'));
  expect(JSON.parse((await jamdev('list', '--json')).stdout)).toMatchObject([{ id: third.id }]);
  expect((await jamdev('logs', '--crashed')).stdout).toContain('about to crash');
  expect(await jamdev('logs', '--crashed', 'now')).toMatchObject({ code: 1, stderr: expect.stringContaining('"now"') });

  // If a backend outlives its dev server, its end is unknown and is not reported as a crash.
  second.process.kill('SIGKILL');
  await second.exit;
  const killed = JSON.parse((await jamdev('list', '--all', '--json')).stdout);
  expect(killed.at(-1)).toMatchObject({ id: third.id, status: { status: 'terminated', termination_reason: 'lost' } });
  expect((await jamdev('logs', '--crashed')).stdout).not.toContain('now |');

  // It does not outlive the start of the next dev server.
  expect(await living([third.pid])).toEqual([third.pid]);
  await startDev(folder);
  expect(await living([third.pid])).toEqual([]);
});
