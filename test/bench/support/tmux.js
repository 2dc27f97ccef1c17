import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTempFolder } from './temp-folders.js';

let opened = 0;

/** @returns whether there is a tmux */
export function hasTmux() {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A real terminal with one program, on its own tmux server. */
export class Terminal {
  #env = { ...process.env, TMUX_TMPDIR: makeTempFolder(), TMUX: '', NO_COLOR: '', LC_ALL: 'C.UTF-8' };
  #name = `jamdev-bench-${process.pid}-${opened++}`;
  #closeNow = () => this.#closeSync();

  /**
   * @param {string} cwd
   * @param {readonly string[]} command the program and its arguments
   */
  async open(cwd, command) {
    const config = join(this.#env.TMUX_TMPDIR, 'tmux.conf');
    writeFileSync(config, 'set -g status off\nset -g history-limit 10000\n');
    process.on('exit', this.#closeNow);
    const line = command.map((word) => `'${word}'`).join(' ');
    await this.#run('-f', config, '-u', 'new-session', '-d', '-x', '120', '-y', '40', '-c', cwd, `exec ${line}`);
  }

  /** @returns {Promise<string>} what is on the screen */
  async screen() {
    return this.#run('capture-pane', '-p');
  }

  /** @returns {Promise<number>} the pid of its program */
  async pid() {
    return Number(await this.#run('display-message', '-p', '#{pane_pid}'));
  }

  /** Closes it, so that its program gets SIGHUP. */
  async close() {
    process.off('exit', this.#closeNow);
    await this.#run('kill-server').catch(() => undefined);
  }

  /** @param {string[]} args */
  async #run(...args) {
    return (await promisify(execFile)('tmux', ['-L', this.#name, ...args], { env: this.#env })).stdout;
  }

  #closeSync() {
    try {
      execFileSync('tmux', ['-L', this.#name, 'kill-server'], { env: this.#env, stdio: 'ignore' });
    } catch {
      // Gone by now.
    }
  }
}
