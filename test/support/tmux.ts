import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, onTestFinished } from 'vitest';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { isInstalled } from './installed.js';
import { makeTempFolder, ROOT } from './project.js';
import { living, waitFor } from './wait.js';

const BIN = join(ROOT, 'bin', 'jamdev.js');

export const PROMPT = 'PROMPT>';

const hasTmux = isInstalled('tmux');

/** Tests in a real terminal. Without tmux they are skipped, or fail if JAMDEV_REQUIRE_TERMINAL=1 is set. */
export const describeTmux = describe.skipIf(!hasTmux && process.env.JAMDEV_REQUIRE_TERMINAL !== '1');
if (!hasTmux) console.log('There is no tmux: the tests of the terminal are skipped.');

interface TerminalOptions {
  columns?: number;
  rows?: number;
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** A terminal with a shell on its own tmux server, which ends with the test and everything in it. */
export class Tmux {
  readonly #env: NodeJS.ProcessEnv;
  readonly #server: string;
  readonly #cwd: string;

  private constructor(server: string, env: NodeJS.ProcessEnv, cwd: string) {
    this.#server = server;
    this.#env = env;
    this.#cwd = cwd;
  }

  static async open({ columns = 100, rows = 30, cwd, env = {} }: TerminalOptions): Promise<Tmux> {
    const folder = makeTempFolder();
    const config = join(folder, 'tmux.conf');
    writeFileSync(config, 'set -g history-limit 200000\nset -g status off\nset -s escape-time 0\n');
    const { TMUX: _, CI: __, NO_COLOR: ___, FORCE_COLOR: ____, JAMDEV_API_URL: _____, ...inherited } = process.env;
    const clean = { ...inherited, TMUX_TMPDIR: folder, LC_ALL: 'C.UTF-8', HISTFILE: '', ...env };
    const tmux = new Tmux(`jamdev-${process.pid}`, clean, cwd);
    const size = ['-x', String(columns), '-y', String(rows)];
    onTestFinished(() => tmux.#end());
    const shell = `PS1='${PROMPT} ' exec bash --norc --noprofile`;
    await tmux.#run('-f', config, '-u', 'new-session', '-d', ...size, '-c', cwd, shell);
    await waitFor(async () => (await tmux.screen()).includes(PROMPT), 'the prompt');
    return tmux;
  }

  /** Types a command line into the shell. */
  async enter(line: string): Promise<void> {
    await this.#run('send-keys', '-l', line);
    await this.#run('send-keys', 'Enter');
  }

  /** Types text without ending the line. */
  async type(text: string): Promise<void> {
    await this.#run('send-keys', '-l', text);
  }

  /** Presses keys by their tmux names: `b`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.#run('send-keys', ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The text on the screen. */
  async screen(): Promise<string> {
    return this.#run('capture-pane', '-p');
  }

  /** Everything since the start: lines that scrolled out and the screen, with wrapped lines joined. */
  async history(): Promise<string[]> {
    const lines = (await this.#run('capture-pane', '-p', '-J', '-S', '-')).split('\n').map((line) => line.trimEnd());
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** What tmux reports about the terminal, as `#{cursor_flag}`. */
  async tell(format: string): Promise<string> {
    return (await this.#run('display-message', '-p', format)).trim();
  }

  /** Whether the shell waits for a command. */
  async atPrompt(): Promise<boolean> {
    return (await this.history()).at(-1) === PROMPT;
  }

  async #run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('tmux', ['-L', this.#server, ...args], {
      env: this.#env,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Closes the terminal, so that programs in it get SIGHUP. */
  async close(): Promise<void> {
    await this.#run('kill-server').catch(() => undefined);
  }

  async #end(): Promise<void> {
    const pids = devServersIn(this.#cwd);
    await this.close();
    try {
      await waitFor(async () => (await living(pids)).length === 0, 'the dev servers to end');
    } finally {
      for (const pid of await living(pids)) process.kill(pid, 'SIGKILL');
    }
  }
}

/** The command line that starts `jamdev dev` on free ports. */
export function devLine(...args: string[]): string {
  return [process.execPath, BIN, 'dev', '--port', '0', '--proxy-port', '0', ...args]
    .map((word) => `'${word}'`)
    .join(' ');
}

/** @returns pids of the dev servers of a project */
export function devServersIn(project: string): number[] {
  const folder = stateFolderOf(project).servers;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { pid: number }).pid);
}
