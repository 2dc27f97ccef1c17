import { expect, test } from 'vitest';
import { type DevRun, runCli, startCli, startDev } from '../support/cli.js';
import { openStream, post, send } from '../support/http.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const SERVER = `
  console.log('up');
  process.on('SIGTERM', () => {
    console.log('saving');
    if (process.env.STUBBORN === undefined) process.exit(0);
  });
  require('http').createServer((request, response) => {
    if (request.url.length > 1) process.stdout.write('last words');
    if (request.url.startsWith('/exit')) process.exit(Number(request.url.slice(5)));
    if (request.url.startsWith('/SIG')) process.kill(process.pid, request.url.slice(1));
    response.end();
  }).listen(process.env.PORT);
`;

/** Idle and lifetime limit: long enough to get ready before it even on a busy machine. */
const LIMIT_S = 10;

interface Session {
  dev: DevRun;
  id: string;
  url: string;
}

async function spawn(dev: DevRun, body: object = {}): Promise<Session> {
  const answer = await post(`${dev.apiUrl}/v2/service/-/-/connect`, body);
  const { backend_id: id, url } = answer.json<{ backend_id: string; url: string }>();
  await send(`${url}`);
  return { dev, id, url };
}

const ask = (path: string) => (session: Session) => send(`${session.url}${path}`).catch(() => undefined);
const terminate =
  (...options: string[]) =>
  ({ dev, id }: Session) =>
    runCli(['terminate', id, ...options], { cwd: dev.folder });

/** The ways in which a backend ends: how to cause it, the last line of its log, and what the terminal shows. */
const ENDS: [string, object, (session: Session) => unknown, end: string, shown: RegExp[]][] = [
  ['a crash', {}, ask('exit3'), 'terminated (crashed: exit code 3)', [/\| crashed: exit code 3 after/]],
  [
    'a signal',
    {},
    ask('SIGSEGV'),
    'terminated (crashed: SIGSEGV, exit code 139)',
    [/\| crashed: SIGSEGV, exit code 139 after/],
  ],
  ['an exit', {}, ask('exit0'), 'terminated (exited by itself: exit code 0)', [/ exited by itself \(exit code 0, /]],
  [
    'a termination',
    {},
    terminate(),
    'terminated (on request; exit code 0)',
    [/ terminating \(on request\) \(/, / terminated \(exit code 0, /],
  ],
  [
    'a termination by force',
    {},
    terminate('--force'),
    'terminated by force (on request; SIGKILL, exit code 137)',
    [/ hard-terminating \(on request\) \(/, / terminated \(SIGKILL, exit code 137, /],
  ],
  [
    'a termination that the backend ignores',
    { spawn: { executable: { env: { STUBBORN: '1' } } } },
    async (session) => {
      await terminate()(session);
      await waitFor(() => session.dev.stdout().includes('saving'), 'SIGTERM to arrive');
      await terminate('--force')(session);
    },
    'terminated by force (on request; SIGKILL, exit code 137)',
    [/ terminating \(on request\) \(/, / still running after SIGTERM; killing it now \(/, / terminated \(SIGKILL, /],
  ],
  [
    'an idle limit',
    { spawn: { max_idle_seconds: LIMIT_S } },
    () => undefined,
    `terminated (swept: no client was connected for ${LIMIT_S} s; exit code 0)`,
    [/ terminating \(swept: no client was connected for \d+ s\) \(/, / terminated \(exit code 0, /],
  ],
  [
    'a lifetime limit',
    { spawn: { lifetime_limit_seconds: LIMIT_S } },
    () => undefined,
    `terminated (swept: its lifetime limit of ${LIMIT_S} s was reached; exit code 0)`,
    [/ terminating \(swept: its lifetime limit of \d+ s was reached\) \(/, / terminated \(exit code 0, /],
  ],
];

test.each(ENDS)(
  '%s is reported once, after the last line of the log and in the terminal',
  async (_name, body, end, how, shown) => {
    const dev = await startDev(makeProject({ 'server.js': SERVER }));
    const session = await spawn(dev, { key: 'doc', ...body });
    const follower = startCli(['logs', 'doc'], { cwd: dev.folder });
    const programs = startCli(['logs', 'doc', '--json'], { cwd: dev.folder });
    await waitFor(() => follower.stdout().includes('up') && programs.stdout().includes('up'), 'its first line');
    await end(session);
    const remark = `jamdev: ${how}\n`;
    expect(await follower.exit).toBe(0);
    expect(follower.stdout().endsWith(`\n${remark}`)).toBe(true);
    expect(follower.stdout().split(remark)).toHaveLength(2);
    expect(follower.stdout().match(/jamdev: .*/g)).toEqual([`jamdev: ${how}`]);

    expect(await programs.exit).toBe(0);
    const records = programs
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.at(-1)).toMatchObject({ backend: session.id, source: 'jamdev', text: how, end: true });
    expect(records.filter((record) => record.end || record.source === 'jamdev')).toHaveLength(1);

    // The log reads the same afterwards, and `--tail` counts only the program's lines.
    const logs = async (...args: string[]) => (await runCli(['logs', 'doc', ...args], { cwd: dev.folder })).stdout;
    expect(await logs('--no-follow')).toBe(follower.stdout());
    expect((await logs('--tail', '1')).split('\n')).toHaveLength(3);
    expect(await logs('--tail', '1')).toMatch(new RegExp(`(words|saving|up)\n${remark.replace(/[()]/g, '\\$&')}$`));
    expect(await logs('--tail', '0')).toBe('');
    // The platform's log stream contains only what the program printed.
    const raw = await openStream(`${dev.apiUrl}/v2/backend/${session.id}/logs/stream`);
    await raw.ended;
    expect(raw.chunks.join('')).not.toContain('terminated');

    await waitFor(() => shown.every((line) => line.test(dev.stdout())), 'the terminal to show it');
    const why = /\((swept: [^)]+|on request)\)/g;
    expect(dev.stdout().match(why) ?? []).toHaveLength(/swept|on request/.test(how) ? 1 : 0);
    expect(dev.stdout()).not.toContain('external');
  },
);

test('Ctrl-C is explained once for all backends, and in each log', async () => {
  const dev = await startDev(makeProject({ 'server.js': SERVER }));
  await spawn(dev, { key: 'a' });
  await spawn(dev, { key: 'b' });
  dev.process.kill('SIGINT');
  expect(await dev.exit).toBe(0);
  const lines = dev.stdout().split('\n');
  const stopping = lines.indexOf('Stopping 2 backends (Ctrl-C again to kill)...');
  const after = lines.slice(stopping + 1).map((line) => line.replace(/\d[\d.]* m?s/, 'TIME'));
  expect(after.sort()).toEqual(
    [
      '',
      'Stopped.',
      ...['a', 'b'].flatMap((key) => [`${key} | saving`, `${key} | terminated (exit code 0, TIME)`]),
    ].sort(),
  );
  const { stdout } = await runCli(['logs', 'a', '--no-follow'], { cwd: dev.folder });
  expect(stdout).toBe('up\nsaving\njamdev: terminated (the dev server is stopping; exit code 0)\n');
});

test('a backend that can’t be started is reported once, with the cause', async () => {
  const dev = await startDev(makeProject(), ['--command', 'no-such-program']);
  const spawned = await runCli(['spawn', '--key', 'doc', '--wait'], { cwd: dev.folder });
  const cause = 'The command "no-such-program" does not exist';
  expect(spawned).toMatchObject({ code: 1, stderr: expect.stringContaining(`it could not be started). ${cause}`) });
  expect(spawned.stderr.split(cause)).toHaveLength(2);
  const { stdout } = await runCli(['logs', 'doc', '--no-follow'], { cwd: dev.folder });
  expect(stdout).toMatch(
    /^jamdev: terminated \(it could not be started\)\. The command "no-such-program" does not exist/,
  );
});

test('logs of a killed dev server say that it was killed', async () => {
  const dev = await startDev(makeProject({ 'server.js': SERVER }));
  const { id } = await spawn(dev, { key: 'doc' });
  dev.process.kill('SIGKILL');
  await dev.exit;
  const logs = async (...args: string[]) => (await runCli(['logs', id, ...args], { cwd: dev.folder })).stdout;
  const remark = 'terminated (lost: its dev server was killed)';
  expect(await logs()).toBe(`up\njamdev: ${remark}\n`);
  await startDev(dev.folder);
  expect(await logs()).toMatch(new RegExp(`^up\n(.*\n)*jamdev: ${remark.replace(/[()]/g, '\\$&')}\n$`));
  const last = JSON.parse((await logs('--json')).trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ source: 'jamdev', text: remark, end: true });
  const listed = JSON.parse((await runCli(['list', '--all', '--json'], { cwd: dev.folder })).stdout);
  expect(listed).toMatchObject([{ id, explanation: 'its dev server was killed' }]);
});
