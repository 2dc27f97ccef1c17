import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, startCli } from '../support/cli.js';
import { post } from '../support/http.js';
import { waitFor } from '../support/wait.js';
import type { Dice } from './dice.js';

/** A kill before the dev server is ready happens within this time of its start. */
const LONGEST_START_MS = 900;
const START_DEADLINE_MS = 60_000;
const KEYS = 4;

/** The workload while dev servers are killed. */
export interface CrashWorkload {
  /** The maximum life of a ready dev server before it is killed. */
  readonly longestLifeMs: number;
  /** Command line options of a run. */
  options(number: number): string[];
  /** Describes and removes what is alive of earlier runs. @param api URL of the running dev server; '' for none */
  survivors(number: number, api: string): Promise<string[]>;
  /** Descriptions of keys with two holders at once. */
  doubles(): string[];
}

/** The results of a series of kills. */
export interface CrashReport {
  /** What was alive of killed runs after a later start. */
  survivors: string[];
  /** Backends that held a key while something of an earlier run was alive. */
  doubles: string[];
}

/** Starts dev servers in one project one after the other, and kills each at a random moment. */
export class CrashSeries {
  readonly #project: string;
  readonly #dice: Dice;
  readonly #workload: CrashWorkload;
  readonly #survivors: string[] = [];
  #number = 0;

  constructor(project: string, dice: Dice, workload: CrashWorkload) {
    this.#project = project;
    this.#dice = dice;
    this.#workload = workload;
  }

  /** Kills this many dev servers, and checks each time what is alive after the next start. */
  async run(kills: number): Promise<CrashReport> {
    for (let kill = 0; kill < kills; kill += 1) {
      const run = this.#start();
      if (this.#dice.chance(0.2)) {
        await this.#pause(LONGEST_START_MS);
        run.process.kill('SIGKILL');
      } else {
        const api = await this.#untilReady(run);
        await this.#look(api);
        const over = this.#act(api);
        await this.#pause(this.#workload.longestLifeMs);
        run.process.kill('SIGKILL');
        await over;
      }
      await run.exit;
    }
    const last = this.#start();
    await this.#look(await this.#untilReady(last));
    last.process.kill('SIGTERM');
    await last.exit;
    this.#number += 1;
    await this.#look('');
    return { survivors: this.#survivors, doubles: this.#workload.doubles() };
  }

  #start(): Run {
    this.#number += 1;
    const args = ['dev', '--port', '0', '--proxy-port', '0', ...this.#workload.options(this.#number)];
    return startCli(args, { cwd: this.#project });
  }

  async #untilReady(run: Run): Promise<string> {
    const find = () => {
      if (run.process.exitCode !== null) throw new Error(`jamdev dev ended: ${run.stderr()}${run.stdout()}`);
      return /API\s+(http:\S+)/.exec(run.stdout())?.[1];
    };
    return waitFor(find, 'the API', START_DEADLINE_MS);
  }

  async #look(api: string): Promise<void> {
    this.#survivors.push(...(await this.#workload.survivors(this.#number, api)));
  }

  /** Connects, terminates, builds and changes code in random order, until the kill interrupts. */
  async #act(api: string): Promise<void> {
    const begun: Promise<unknown>[] = [];
    // The kill interrupts most of them.
    const begin = (request: Promise<unknown>) => begun.push(request.catch(() => undefined));
    const backends: string[] = [];
    const actions = 2 + this.#dice.below(6);
    for (let index = 0; index < actions; index += 1) {
      const kind = this.#dice.below(8);
      if (kind === 6) appendFileSync(join(this.#project, 'code.js'), `\n// ${this.#number} ${index}`);
      else if (kind === 7) begin(post(`${api}/_jamdev/build`, {}));
      else if (kind === 5 && backends.length > 0) {
        const hard = this.#dice.chance(0.5);
        begin(post(`${api}/v2/backend/${this.#dice.pick(backends)}/terminate`, { hard }));
      } else {
        const key = `key-${this.#dice.below(KEYS)}`;
        const connected = post(`${api}/v2/service/-/-/connect`, { key, spawn: true });
        begin(connected.then((answer) => backends.push(answer.json<{ backend_id: string }>().backend_id)));
      }
      await this.#pause(60);
    }
    await Promise.all(begun);
  }

  #pause(longestMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#dice.below(longestMs)));
  }
}
