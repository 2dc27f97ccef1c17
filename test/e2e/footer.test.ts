import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { AGE, DURATION, PHASE } from '../support/durations.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { describeTmux, devLine, devServersIn, PROMPT, Tmux } from '../support/tmux.js';
import { living, waitFor } from '../support/wait.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const HEADING = /^(ID +)?KEY +(SERVICE +)?STATUS/;

/** A dev server in a terminal. */
interface Session {
  tmux: Tmux;
  folder: string;
  apiUrl: string;
  connect: (body?: object) => Promise<{ backend_id: string; url: string }>;
}

interface SessionOptions {
  columns?: number;
  rows?: number;
  folder?: string;
  args?: string[];
  env?: NodeJS.ProcessEnv;
  /** Shell code before the command line, and arguments after it. */
  before?: string;
  after?: string;
}

async function startDev(options: SessionOptions = {}): Promise<Session> {
  const { folder = makeTempFolder(), args = ['--command', ECHO], before = '', after = '', ...terminal } = options;
  const tmux = await Tmux.open({ cwd: folder, ...terminal });
  await tmux.enter(`${before}${devLine(...args)}${after}`);
  const apiUrl = await waitFor(
    async () => /(?:API +|"api_url":")(http:[^\s"]+)/.exec((await tmux.history()).join('\n'))?.[1],
    'the banner to be shown',
  );
  const connect = async (body: object = {}) =>
    (await post(`${apiUrl}/v2/service/-/-/connect`, body)).json<{ backend_id: string; url: string }>();
  return { tmux, folder, apiUrl, connect };
}

/** Connects to a key, and waits until its backend is shown as ready. */
async function connectReady({ tmux, connect }: Session, key: string): Promise<string> {
  const { url } = await connect({ key });
  await send(url);
  await waitFor(async () => (await rowOf(tmux, key)).includes(' ready '), `${key} to be shown as ready`);
  return url;
}

/** The screen from the very start, split into the log and the footer, which begins after the last empty line. */
async function parts(tmux: Tmux): Promise<{ log: string[]; footer: string[] }> {
  const lines = await tmux.history();
  const at = lines.lastIndexOf('');
  return { log: lines.slice(0, at), footer: lines.slice(at + 1) };
}

/** The row of a backend in the footer's table, or '' when there is none. */
async function rowOf(tmux: Tmux, key: string): Promise<string> {
  const { footer } = await parts(tmux);
  return footer.find((line) => new RegExp(`(^| )${key} `).test(line)) ?? '';
}

async function untilFooter(tmux: Tmux, what: RegExp): Promise<void> {
  await waitFor(async () => (await parts(tmux)).footer.some((line) => what.test(line)), `${what} in the footer`);
}

async function untilLogged(tmux: Tmux, what: string | RegExp): Promise<void> {
  const found = (line: string) => (typeof what === 'string' ? line.includes(what) : what.test(line));
  await waitFor(async () => (await tmux.history()).some(found), `${what} in the log`);
}

/** Quits with the key q and expects the terminal to be as clean as before. */
async function expectCleanPrompt(tmux: Tmux): Promise<void> {
  await waitFor(() => tmux.atPrompt(), 'the prompt to come back');
  expect((await tmux.history()).filter((line) => HEADING.test(line) || line.includes('h help'))).toEqual([]);
  expect(await tmux.tell('#{cursor_flag} #{wrap_flag} #{alternate_on} #{insert_flag} #{cursor_x}')).toBe(
    `1 1 0 0 ${PROMPT.length + 1}`,
  );
  await tmux.enter('stty -a');
  await waitFor(async () => (await tmux.history()).some((line) => line.includes('icanon')), 'the modes to be shown');
  const modes = (await tmux.history()).join(' ');
  for (const mode of ['icanon', 'isig', 'echo', 'ixon']) expect(modes).toMatch(new RegExp(` ${mode} `));
}

describeTmux('what the screen shows', () => {
  test('a banner of at most eight lines, then the log, then a live table of backends', async () => {
    const session = await startDev();
    const { tmux, connect } = session;
    await untilFooter(tmux, /^no backends \| log: all \| h help {2}q quit/);
    // A remark follows if the checkout is next to the project, because the program is then not watched.
    const shown = (await parts(tmux)).log.filter(
      (line) => line !== '' && !line.startsWith('The service "default" runs'),
    );
    const banner = shown.slice(-5);
    expect(banner).toEqual([
      expect.stringMatching(/^jamdev \d+\.\d+\.\d+ {2}ready in \d/),
      expect.stringMatching(/^ {2}API {5}http:\/\/localhost:\d+$/),
      expect.stringMatching(/^ {2}proxy {3}http:\/\/localhost:\d+$/),
      expect.stringMatching(/^ {2}runs {4}node .*echo-server\.mjs {2}\(the option --command\)$/),
      expect.stringMatching(/^ {2}spawn {3}.*spawn --key doc-1$/),
    ]);
    const url = await connectReady(session, 'doc-1');
    const { backend_id: second } = await connect();
    await untilFooter(tmux, new RegExp(`^${second} +- +default +ready +${AGE} +0 +[\\d.]+ MiB$`));
    const socket = new WebSocket(url.replace('http', 'ws'));
    await untilFooter(tmux, new RegExp(String.raw` doc-1 +default +ready +${AGE} +1 +[\d.]+ MiB$`));
    socket.close();
    await untilFooter(tmux, new RegExp(String.raw` doc-1 +default +ready +${AGE} +0 +[\d.]+ MiB$`));
    const { log, footer } = await parts(tmux);
    expect(footer[0]).toMatch(/^ID +KEY +SERVICE +STATUS +AGE +CONNECTIONS +MEMORY$/);
    expect(footer).toHaveLength(4);
    expect(log.at(-1)).toMatch(
      new RegExp(
        `^${second} \\| ready \\(${DURATION}: scheduled ${DURATION}, loading ${PHASE}, starting ${PHASE}, waiting ${PHASE}(?:; warm start)?\\)$`,
      ),
    );
    // Ages keep counting while nothing else happens.
    const ageOf = async () => Number(/ (\d+)s +0 +\S+ MiB$/.exec(await rowOf(tmux, 'doc-1'))?.[1]);
    const before = await ageOf();
    await waitFor(async () => (await ageOf()) >= before + 2, 'two seconds to pass');
    expect((await parts(tmux)).log).toEqual(log);
  });

  test('counts backends that do not fit, and keeps most of the screen for the log', async () => {
    const { tmux, connect } = await startDev({ rows: 18, args: ['--command', 'sleep 60'] });
    await Promise.all(Array.from({ length: 9 }, (_, index) => connect({ key: `doc-${index}` })));
    await untilFooter(tmux, /^\+ 7 more$/);
    expect((await parts(tmux)).footer).toHaveLength(5);
  });

  test('keeps lines as they were printed: long ones, wide characters, empty ones', async () => {
    const session = await startDev({ columns: 60, rows: 20 });
    const { tmux } = session;
    const url = await connectReady(session, 'doc-1');
    const texts = [
      'x'.repeat(59 - 'doc-1 | '.length),
      'y'.repeat(60 - 'doc-1 | '.length),
      'z'.repeat(61 - 'doc-1 | '.length),
      '結合'.repeat(80),
      'long '.repeat(200).trim(),
      '',
      '🦊 grüße',
    ];
    for (const text of texts) await send(`${url}print?text=${encodeURIComponent(text)}`);
    await untilLogged(tmux, '🦊 grüße');
    const { log, footer } = await parts(tmux);
    expect(log.slice(-texts.length)).toEqual(texts.map((text) => `doc-1 | ${text}`.trimEnd()));
    expect(footer).toHaveLength(3);
  });

  test('shows all of ten thousand lines printed at once, in order, above the footer', async () => {
    const session = await startDev();
    const { tmux } = session;
    const url = await connectReady(session, 'doc-1');
    await send(`${url}print-lines?count=10000`);
    await untilLogged(tmux, 'doc-1 | line 10000');
    const { log, footer } = await parts(tmux);
    const expected = Array.from({ length: 10_000 }, (_, index) => `doc-1 | line ${index + 1}`);
    expect(log.slice(-10_000)).toEqual(expected);
    expect(footer).toEqual([
      expect.stringMatching(HEADING),
      expect.stringMatching(/ doc-1 .* ready /),
      expect.stringMatching(/^log: all \| h help/),
    ]);
    expect(log.filter((line) => HEADING.test(line) || line.includes('h help'))).toEqual([]);
  });

  test('shows a card with the exit code for a crash, and removes the backend from the table', async () => {
    const session = await startDev();
    const { tmux } = session;
    const url = await connectReady(session, 'doc-1');
    await send(`${url}crash?code=7`).catch(() => undefined);
    await untilFooter(tmux, /^no backends/);
    const { log } = await parts(tmux);
    const card = log.slice(log.findIndex((line) => line.startsWith('| crashed')));
    expect(card[0]).toMatch(/^\| crashed: exit code 7 after /);
    expect(card[1]).toMatch(/^\| key doc-1, backend \w+, build 1$/);
    expect(card.at(-1)).toMatch(/^\| full log: node \S+\/bin\/jamdev\.js logs \w+$/);
  });

  test('keeps a failed build in the footer until the next successful one', async () => {
    const folder = makeProject({
      'jamsocket.config.json': { command: ECHO, build: 'node --check app.js', watch: 'app.js' },
      'app.js': 'good();',
    });
    const { tmux } = await startDev({ folder, args: [] });
    await untilLogged(tmux, /^build {2}1: done in/);
    writeFileSync(join(folder, 'app.js'), 'bad(');
    await tmux.press('b');
    await untilFooter(tmux, /^build \d of default failed: exit code 1$/);
    // No matter how much is logged in the meantime.
    await tmux.press('h');
    await untilLogged(tmux, 'stop, same as Ctrl-C');
    await untilFooter(tmux, /^build \d of default failed: exit code 1$/);
    writeFileSync(join(folder, 'app.js'), 'good();');
    await tmux.press('b');
    await waitFor(async () => !(await parts(tmux)).footer.join().includes('failed'), 'the line to go');
  });
});

describeTmux('a terminal that is resized', () => {
  test.each([
    ['narrower', 50, 30],
    ['wider', 160, 30],
    ['lower', 100, 12],
    ['higher', 100, 50],
    ['smaller', 45, 15],
    ['very narrow', 21, 30],
    ['larger', 180, 60],
  ])('%s keeps its log unchanged above a single footer', async (_what, columns, rows) => {
    const session = await startDev();
    const { tmux } = session;
    const urls = [await connectReady(session, 'doc-1'), await connectReady(session, 'doc-2')];
    await send(`${urls[0]}print-lines?count=60`);
    await send(`${urls[1]}print?text=${'long%20'.repeat(40)}end`);
    await untilLogged(tmux, 'long end');
    const { log } = await parts(tmux);
    const intact = async (size: number) => {
      const now = await parts(tmux);
      // The footer fits the width once it has been laid out again.
      const fits = now.footer.every((line) => line.length < size) && now.footer.length > 0;
      return (
        fits && now.footer.filter((line) => HEADING.test(line)).length <= 1 && now.log.join('\n') === log.join('\n')
      );
    };
    await tmux.resize(columns, rows);
    await waitFor(() => intact(columns), 'the log to be as it was, above a footer that fits');
    await tmux.resize(100, 30);
    await waitFor(async () => (await intact(100)) && (await rowOf(tmux, 'doc-2')) !== '', 'the same at the old size');
    // And the log continues below.
    await send(`${urls[0]}print?text=after`);
    await untilLogged(tmux, 'doc-1 | after');
    expect((await parts(tmux)).log).toEqual([...log, 'doc-1 | after']);
  });

  test('still has its footer if its size is back before anyone looked', async () => {
    const session = await startDev();
    const { tmux } = session;
    await connectReady(session, 'doc-1');
    const [pid = 0] = devServersIn(session.folder);
    // Does to the bottom lines what a shrinking terminal does, and sends the only signal a program gets.
    writeFileSync(await tmux.tell('#{pane_tty}'), '\u001b[J');
    await waitFor(async () => !(await tmux.screen()).includes('KEY'), 'the footer to be wiped out');
    process.kill(pid, 'SIGWINCH');
    await untilFooter(tmux, HEADING);
    await untilFooter(tmux, / doc-1 +default +ready /);
  });

  test('loses no line and leaves no trace of a footer while much is printed', async () => {
    const session = await startDev();
    const { tmux } = session;
    const url = await connectReady(session, 'doc-1');
    const printing = send(`${url}print-lines?count=40000`);
    for (const [columns, rows] of [
      [60, 20],
      [140, 40],
      [80, 15],
      [100, 30],
    ] as const) {
      await tmux.resize(columns, rows);
      // Each resize happens at another moment of the flood.
      const seen = (await tmux.history()).length;
      await waitFor(
        async () =>
          (await tmux.history()).length !== seen || (await tmux.history()).some((line) => line.endsWith('line 40000')),
        'some lines',
      );
    }
    await printing;
    await untilLogged(tmux, 'doc-1 | line 40000');
    const { log, footer } = await parts(tmux);
    expect(log.slice(-40_000)).toEqual(Array.from({ length: 40_000 }, (_, index) => `doc-1 | line ${index + 1}`));
    expect(footer.filter((line) => HEADING.test(line))).toHaveLength(1);
    expect(log.filter((line) => HEADING.test(line) || line.includes('h help'))).toEqual([]);
  });
});

describeTmux('the shortcuts', () => {
  test('h shows all of them, b builds, p pauses and resumes watching', async () => {
    const { tmux } = await startDev({ args: ['--command', ECHO, '--build', 'echo built'] });
    await untilLogged(tmux, /^build {2}1: done/);
    await tmux.press('h');
    await untilLogged(tmux, 'stop, same as Ctrl-C');
    const keys = (await parts(tmux)).log.slice(-11).map((line) => line.slice(0, 5));
    expect(keys).toEqual(['b', 't', 'e', 'r', 's', 'o', 'l', 'p', 'c', 'h', 'q'].map((key) => `  ${key}  `));
    await tmux.press('b');
    await untilLogged(tmux, /^build {2}2: echo built \(key b\)$/);
    await tmux.press('p');
    await untilFooter(tmux, /\| watching is paused \|/);
    await tmux.press('p');
    await waitFor(async () => !(await parts(tmux)).footer.join().includes('paused'), 'the pause to be over');
  });

  test('a change during a pause is built after it, unless b has built it already', async () => {
    const { tmux, folder, apiUrl } = await startDev({ args: ['--command', ECHO] });
    await waitFor(async () => (await send(`${apiUrl}/_jamdev/info`)).json().watching, 'the watcher');
    const pauseOrResume = async (isPaused: boolean) => {
      await tmux.press('p');
      await waitFor(
        async () => (await parts(tmux)).footer.join().includes('paused') === isPaused,
        `pause: ${isPaused}`,
      );
    };
    await pauseOrResume(true);
    writeFileSync(join(folder, 'a.js'), 'one');
    await pauseOrResume(false);
    await untilLogged(tmux, new RegExp(`^build {2}2: done in ${DURATION}$`));
    expect((await tmux.history()).join('\n')).toMatch(/build {2}2: .*\(changed: a\.js\)/);
    await pauseOrResume(true);
    writeFileSync(join(folder, 'a.js'), 'two');
    await tmux.press('b');
    await untilLogged(tmux, new RegExp(`^build {2}3: done in ${DURATION}$`));
    await pauseOrResume(false);
    await untilLogged(tmux, /^build {2}4: done in .+, nothing changed$/);
  });

  test('s spawns a backend and shows its working URL; t terminates all backends', async () => {
    const { tmux } = await startDev();
    await untilFooter(tmux, /^no backends/);
    await tmux.press('s');
    const url = await waitFor(
      async () => /Spawned \w+: (http:\S+)/.exec((await tmux.history()).join('\n'))?.[1],
      'the URL',
    );
    const { pid, environment } = (await send(url)).json<{ pid: number; environment: Record<string, string> }>();
    await untilFooter(tmux, new RegExp(`^${environment.SESSION_BACKEND_ID} +- +default +ready`));
    await tmux.press('t');
    await untilFooter(tmux, /^no backends/);
    expect(await living([pid])).toEqual([]);
  });

  test('o opens the newest backend in the browser with a URL of its own', async () => {
    const bin = makeTempFolder();
    for (const name of ['open', 'xdg-open']) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "$1" > ${bin}/written\nmv ${bin}/written ${bin}/opened\n`, {
        mode: 0o755,
      });
    }
    const session = await startDev({ env: { PATH: `${bin}:${process.env.PATH}` } });
    const { tmux } = session;
    await tmux.press('o');
    await untilLogged(tmux, 'No backend is running. Press s to spawn one.');
    const urls = [await connectReady(session, 'doc-1'), await connectReady(session, 'doc-2')];
    await tmux.press('o');
    await untilLogged(tmux, 'Opening doc-2 in the browser.');
    const opened = await waitFor(() => {
      try {
        return readFileSync(join(bin, 'opened'), 'utf8').trim();
      } catch {
        return undefined;
      }
    }, 'the browser');
    expect(urls).not.toContain(opened);
    expect((await send(opened)).json()).toMatchObject({ environment: { SESSION_BACKEND_KEY: 'doc-2' } });
  });

  test('l shows the log of each backend in turn, then of all, and affects only new output', async () => {
    const session = await startDev();
    const { tmux } = session;
    const [one, two] = [await connectReady(session, 'one'), await connectReady(session, 'two')];
    let round = 0;
    const shown = async () => {
      round += 1;
      await send(`${one}print?text=of-one-${round}`);
      await send(`${two}print?text=of-two-${round}`);
      // The help is never filtered, and is printed after both lines.
      await tmux.press('h');
      await waitFor(
        async () => (await parts(tmux)).log.filter((line) => line.includes('show this help')).length === round,
        'the help',
      );
      const { log } = await parts(tmux);
      return ['one', 'two'].filter((key) => log.includes(`${key} | of-${key}-${round}`));
    };
    expect(await shown()).toEqual(['one', 'two']);
    await tmux.press('l');
    await untilFooter(tmux, /^log: one \|/);
    expect(await shown()).toEqual(['one']);
    await tmux.press('l');
    await untilFooter(tmux, /^log: two \|/);
    expect(await shown()).toEqual(['two']);
    await tmux.press('l');
    await untilFooter(tmux, /^log: all \|/);
    expect(await shown()).toEqual(['one', 'two']);
    // When the selected backend ends, all logs are shown again; what was printed before stays.
    await tmux.press('l');
    await untilFooter(tmux, /^log: one \|/);
    await send(`${two}crash?code=5`).catch(() => undefined);
    await untilLogged(tmux, '| crashed: exit code 5');
    await send(`${one}crash?code=6`).catch(() => undefined);
    await untilFooter(tmux, /^no backends \| log: all \|/);
    expect((await parts(tmux)).log).toContain('one | of-one-1');
  });

  test('only c clears the screen, and the scrollback stays', async () => {
    const session = await startDev({ rows: 20 });
    const { tmux } = session;
    const url = await connectReady(session, 'doc-1');
    await send(`${url}print-lines?count=100`);
    await untilLogged(tmux, 'line 100');
    expect((await tmux.screen()).split('\n').filter((line) => line.includes('| line'))).not.toEqual([]);
    const before = (await parts(tmux)).log;
    await tmux.press('c');
    await waitFor(async () => !(await tmux.screen()).includes('| line'), 'the screen to be cleared');
    await untilFooter(tmux, /^log: all \|/);
    await send(`${url}print?text=after`);
    await untilLogged(tmux, 'doc-1 | after');
    expect((await tmux.screen()).split('\n').slice(0, 2)).toEqual(['doc-1 | after', '']);
    const lines = await tmux.history();
    expect(lines.filter((line) => HEADING.test(line))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('| line'))).toEqual(before.filter((line) => line.includes('| line')));
  });
});

describeTmux('leaving', () => {
  test('q leaves a clean terminal with the log as it was printed', async () => {
    const session = await startDev();
    const { tmux } = session;
    await connectReady(session, 'doc-1');
    await tmux.press('q');
    await expectCleanPrompt(tmux);
    const lines = await tmux.history();
    expect(lines).toContain('Stopping 1 backend (Ctrl-C again to kill)...');
    expect(lines.filter((line) => line.startsWith('doc-1 | terminated'))).toHaveLength(1);
    expect(lines[lines.indexOf('Stopped.') + 1]).toBe(`${PROMPT} stty -a`);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s does so too', async (signal) => {
    const session = await startDev();
    await connectReady(session, 'doc-1');
    for (const pid of devServersIn(session.folder)) process.kill(pid, signal);
    await expectCleanPrompt(session.tmux);
    expect(await session.tmux.history()).toContain('Stopped.');
  });

  test('an error that ends the program leaves a clean terminal with the whole error', async () => {
    const crash = `process.on('SIGUSR2', () => { throw new Error('thrown for a test'); });`;
    const preload = join(makeProject({ 'crash.cjs': crash }), 'crash.cjs');
    const session = await startDev({ env: { NODE_OPTIONS: `--require ${preload}` } });
    const { tmux, folder } = session;
    const url = await connectReady(session, 'doc-1');
    const { pid } = (await send(url)).json<{ pid: number }>();
    for (const server of devServersIn(folder)) process.kill(server, 'SIGUSR2');
    await expectCleanPrompt(tmux);
    const lines = await tmux.history();
    expect(lines).toContain('Error: thrown for a test');
    expect(await living([pid])).toEqual([]);
  });

  test('Ctrl-Z releases the terminal, fg takes it again, and in the background it only logs', async () => {
    const session = await startDev();
    const { tmux } = session;
    const url = await connectReady(session, 'doc-1');
    const { log } = await parts(tmux);
    await tmux.press('C-z');
    await expectCleanPrompt(tmux);
    await tmux.enter('bg');
    await send(`${url}print?text=from-behind`);
    await untilLogged(tmux, 'doc-1 | from-behind');
    expect((await tmux.history()).join()).not.toContain('h help');
    await tmux.enter('fg');
    await untilFooter(tmux, / doc-1 +default +ready/);
    await tmux.press('h');
    await untilLogged(tmux, 'stop, same as Ctrl-C');
    // Again, but straight to the foreground.
    await tmux.press('C-z');
    await waitFor(() => tmux.atPrompt(), 'the prompt');
    await tmux.enter('fg');
    await untilFooter(tmux, / doc-1 +default +ready/);
    const lines = await tmux.history();
    for (const line of log) expect(lines).toContain(line);
    expect(lines.filter((line) => HEADING.test(line))).toHaveLength(1);
    await tmux.press('q');
    await waitFor(() => tmux.atPrompt(), 'the end');
  });

  test.each([
    ['while it runs', []],
    ['while it is suspended', ['C-z']],
  ])('closing the terminal %s lets backends save their work', async (_what, keys) => {
    const session = await startDev({ args: ['--command', `node ${fixture('saver.mjs')}`] });
    const { tmux, folder } = session;
    const url = await connectReady(session, 'doc-1');
    const { saved } = (await send(url)).json<{ saved: string }>();
    const [server = 0] = devServersIn(folder);
    await untilFooter(tmux, /^log: all/);
    for (const key of keys) {
      await tmux.press(key);
      await waitFor(() => tmux.atPrompt(), 'the prompt');
    }
    await tmux.close();
    await waitFor(() => existsSync(saved), 'the work to be saved');
    await waitFor(async () => (await living([server])).length === 0, 'the dev server to end');
    expect(readdirSync(stateFolderOf(folder).servers)).toEqual([]);
  });

  test('Ctrl-Z has no effect where nothing could continue it', async () => {
    const session = await startDev();
    const { tmux } = session;
    await untilFooter(tmux, /^no backends/);
    await tmux.press('q');
    await waitFor(() => tmux.atPrompt(), 'the end');
    // It replaces the shell, so its job has no parent that controls it.
    await tmux.enter(`exec ${devLine('--command', ECHO)}`);
    await untilFooter(tmux, /^no backends/);
    await tmux.press('C-z');
    await tmux.press('h');
    await untilLogged(tmux, 'stop, same as Ctrl-C');
    await untilFooter(tmux, /^no backends/);
  });
});

describeTmux('no footer', () => {
  test.each<[what: string, options: SessionOptions]>([
    ['outside of interactive use', { args: ['--command', ECHO, '--no-interactive'] }],
    ['with NO_COLOR', { env: { NO_COLOR: '1' } }],
    ['with JSON', { args: ['--command', ECHO, '--json'] }],
    ['in a dumb terminal', { before: 'TERM=dumb ' }],
    ['when the output is not a terminal', { after: ' | cat' }],
  ])('%s', async (_what, options) => {
    const { tmux, connect, folder } = await startDev(options);
    const { url } = await connect({ key: 'doc-1' });
    await send(url);
    await untilLogged(tmux, /doc-1.*ready/);
    for (const pid of devServersIn(folder)) process.kill(pid, 'SIGTERM');
    await waitFor(() => tmux.atPrompt(), 'the end');
    expect((await tmux.history()).join('\n')).not.toMatch(/h help|CONNECTIONS/);
  });

  test('in a dumb terminal, where keys still work', async () => {
    const { tmux } = await startDev({ before: 'TERM=dumb ' });
    await tmux.press('h');
    await untilLogged(tmux, 'stop, same as Ctrl-C');
    await tmux.press('q');
    await waitFor(() => tmux.atPrompt(), 'the end');
  });
});
