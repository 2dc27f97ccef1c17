import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { describeTerminal, openTerminal } from '../support/pseudo-terminal.js';
import { waitFor } from '../support/wait.js';

/** Sequences that set the title, write the clipboard, clear, move, hide, reverse text, ring, and end lines. */
const HOSTILE =
  'x\u001b]0;owned\u0007\u001b]52;c;aGk=\u001b\\\u001b[2J\u001b[1A\u001b[31m\u001bP1$q\u001b\\\u009b2J\u202e\u2066\u200f\u061c\u2028\u0085\b\u007f\r\ny';
/** The same without slashes, so that it can be a file name or the value of a variable. */
const HOSTILE_NAME = HOSTILE.replaceAll('/', '');

const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/;
const COLORS = /\u001b\[[0-9;:]*m/g;

function expectTame(output: string): void {
  expect(JSON.stringify(OBEYED.exec(output)?.[0] ?? null)).toBe('null');
  expect(output).not.toContain('owned');
}

/** A fake dev server whose every answer contains as many terminal commands as possible. */
async function startHostileServer(): Promise<string> {
  const status = { status: HOSTILE, time: HOSTILE, termination_reason: HOSTILE, termination_kind: HOSTILE };
  const backend = { id: HOSTILE, service: HOSTILE, key: HOSTILE, key_given: true, created_at: HOSTILE, status };
  const answers: [path: RegExp, answer: (response: ServerResponse) => void][] = [
    [/^\/_jamdev\/info/, (response) => response.end(JSON.stringify({ version: HOSTILE, run_id: HOSTILE, pid: 1 }))],
    [/^\/_jamdev\/backends/, (response) => response.end(JSON.stringify({ backends: [{ ...backend, memory: 1 }] }))],
    [
      /^\/_jamdev\/build/,
      (response) => {
        const build = {
          service: HOSTILE,
          number: HOSTILE,
          result: 'failed',
          failure: HOSTILE,
          ms: 1,
          lines: [HOSTILE],
        };
        response.end(JSON.stringify({ builds: [build, build] }));
      },
    ],
    [
      /^\/_jamdev\/logs/,
      (response) => {
        const record = {
          time: HOSTILE,
          backend: HOSTILE,
          service: HOSTILE,
          key: HOSTILE,
          source: 'stdout',
          text: HOSTILE,
        };
        response.write(`${JSON.stringify({ ...record, unfinished: true })}\n${JSON.stringify(record)}\n`);
        response.end(`${JSON.stringify({ ...record, source: 'jamdev' })}\n`);
      },
    ],
    [
      /\/status\/stream$/,
      (response) => response.end(`data: ${JSON.stringify({ ...status, status: 'terminated' })}\n\n`),
    ],
    [/\/status$/, (response) => response.end(JSON.stringify(status))],
    [
      /\/connect$/,
      (response) => response.end(JSON.stringify({ backend_id: HOSTILE, url: HOSTILE, status_url: HOSTILE })),
    ],
    [
      /./,
      (response) => {
        response.statusCode = 400;
        response.end(JSON.stringify({ error: { message: HOSTILE, status: 400, code: HOSTILE, id: HOSTILE } }));
      },
    ],
  ];
  const server = createServer((request, response) => {
    request.resume();
    answers.find(([path]) => path.test(request.url ?? ''))?.[1](response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const COMMANDS: string[][] = [
  ['list'],
  ['list', '--all'],
  ['logs'],
  ['logs', HOSTILE],
  ['logs', '--no-follow', '--timestamps'],
  ['status', HOSTILE],
  ['status', HOSTILE, '--watch'],
  ['terminate', HOSTILE],
  ['terminate', '--all'],
  ['build'],
  ['spawn', '--key', 'k'],
  ['spawn', HOSTILE],
  ['spawn', '--key', 'k', '--wait'],
  ['connect', '--key', 'k'],
];

test.each(COMMANDS)("shows no terminal commands from a server's answers: %s %s", async (...words) => {
  const apiUrl = await startHostileServer();
  for (const json of [[], ['--json']]) {
    const args = words.filter((word): word is string => word !== undefined);
    const { stdout, stderr } = await runCli([...args, '--api', apiUrl, ...json], { cwd: makeTempFolder() });
    expect(stdout + stderr).not.toBe('');
    // JSON has the true values, including 'owned', but escapes everything that a terminal would obey.
    const shown =
      json.length > 0 || args[0] === 'spawn' || args[0] === 'connect' ? stdout.replaceAll('owned', '') : stdout;
    expectTame(shown);
    expectTame(stderr.replaceAll('\\u001b]0;owned', ''));
    if (json.length > 0) for (const line of stdout.trimEnd().split('\n')) if (line !== '') JSON.parse(line);
  }
});

test.each<[string, string[]]>([
  ['an unknown command', [HOSTILE]],
  ['an unknown option', ['list', `--${HOSTILE}`]],
  ['a value for an option that takes none', ['init', '--template', HOSTILE]],
  ['a missing folder', ['dev', join('/nowhere', HOSTILE_NAME)]],
  ['an invalid port', ['dev', '--port', HOSTILE]],
  ['an invalid URL', ['list', '--api', HOSTILE]],
  ['an invalid variable', ['spawn', '--env', HOSTILE]],
  ['a missing config', ['dev', '--config', HOSTILE_NAME]],
  ['a folder to examine', ['doctor', join('/nowhere', HOSTILE_NAME)]],
  ['a missing command', ['exec', '--command', 'true', '--', HOSTILE_NAME]],
  ['a folder to write to', ['init', join('/dev/null', HOSTILE_NAME)]],
])('shows no terminal commands from a wrong command line: %s', async (_what, args) => {
  const { stdout, stderr, code } = await runCli(args, { cwd: makeTempFolder() });
  expect(code).not.toBe(0);
  expect(stdout + stderr).not.toBe('');
  for (const output of [stdout, stderr]) expectTame(output.replaceAll(/\\u001b\]0;owned/g, ''));
});

test.each([
  ['as text', []],
  ['as JSON with the true values', ['--json']],
])('shows keys and file names in the output of dev %s', async (_how, json) => {
  const folder = makeTempFolder();
  const run = startCli(
    [
      'dev',
      '--port',
      '0',
      '--proxy-port',
      '0',
      '--build',
      'true',
      '--command',
      `node ${fixture('echo-server.mjs')}`,
      ...json,
    ],
    { cwd: folder },
  );
  const apiUrl = await waitFor(() => /(?:API +|"api_url":")(http:[^\s"]+)/.exec(run.stdout())?.[1], 'the banner');
  await waitFor(
    async () => (await send(`${apiUrl}/_jamdev/info`)).json<{ watching: boolean }>().watching,
    'the watcher',
  );
  const { url } = (await post(`${apiUrl}/v2/service/-/-/connect`, { key: HOSTILE })).json<{ url: string }>();
  await send(url);
  writeFileSync(join(folder, `a${HOSTILE_NAME}.js`), 'x');
  await waitFor(() => run.stdout().includes('changed: '), 'the change to be shown');
  if (json.length === 0) {
    expectTame(run.stdout());
  } else {
    expectTame(run.stdout().replaceAll('owned', ''));
    const lines = run.stdout().slice(0, run.stdout().lastIndexOf('\n')).split('\n');
    const keys = lines.map((line) => (JSON.parse(line) as { key?: string }).key);
    expect(keys).toContain(HOSTILE);
  }
});

describeTerminal('in a terminal', () => {
  test('keys and file names have no colors or commands, and output of backends has colors only', async () => {
    const folder = makeProject({ 'hostile.txt': HOSTILE });
    const command = `cat hostile.txt; node ${fixture('echo-server.mjs')}`;
    const args = [
      'dev',
      '--port',
      '0',
      '--proxy-port',
      '0',
      '--no-interactive',
      '--build',
      'true',
      '--command',
      command,
    ];
    const terminal = openTerminal(args, folder);
    const apiUrl = await waitFor(
      () => /API\s+(?:\u001b\[\d+m)?(http:\/\/localhost:\d+)/.exec(terminal.screen())?.[1],
      'the banner',
    );
    await waitFor(
      async () => (await send(`${apiUrl}/_jamdev/info`)).json<{ watching: boolean }>().watching,
      'the watcher',
    );
    const { url } = (await post(`${apiUrl}/v2/service/-/-/connect`, { key: HOSTILE })).json<{ url: string }>();
    await send(url);
    writeFileSync(join(folder, `a${HOSTILE_NAME}.js`), 'x');
    await waitFor(() => terminal.screen().includes('(changed: '), 'the change to be shown');
    const shown = terminal.screen();
    expect(shown).toContain('\u001b[31m');
    // jamdev itself clears the line that shows the progress of a build.
    expectTame(shown.replaceAll('\r\u001b[2K', '').replace(COLORS, '').replaceAll('\r\n', '\n'));
  });
});
