import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runSql } from '../support/postgres.js';
import { ROOT } from '../support/project.js';
import { living, waitFor } from '../support/wait.js';
import type { Part } from './part.js';

const SCRIPT = join(ROOT, 'test', 'engine', 'postgres.sh');

/** The PostgreSQL of a cluster. */
export class DatabasePart implements Part {
  readonly name = 'postgres';
  readonly #folder: string;
  readonly #url: string;
  #isWanted = true;

  constructor(folder: string, url: string) {
    this.#folder = folder;
    this.#url = url;
  }

  async kill(): Promise<void> {
    await this.#end();
    if (this.#isWanted) this.start();
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#end();
  }

  start(): void {
    this.#isWanted = true;
    // It refuses to start while processes of the previous one are still ending, so `untilUp` retries.
    void this.#launch();
  }

  async untilUp(): Promise<void> {
    await waitFor(
      async () => {
        await this.#launch();
        return runSql(this.#url, 'select 1').then(
          () => true,
          () => false,
        );
      },
      'PostgreSQL to be up',
      60_000,
    );
  }

  #launch(): Promise<unknown> {
    return promisify(execFile)(SCRIPT, ['start', this.#folder]).catch(() => undefined);
  }

  async #end(): Promise<void> {
    const pid = Number(readFileSync(join(this.#folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await living([pid])).length === 0, 'PostgreSQL to be gone');
  }
}
