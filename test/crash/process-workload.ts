import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf, listProcesses } from '../../src/processes/process-table.js';
import { fixture } from '../support/project.js';
import type { CrashWorkload } from './crash-series.js';
import type { Dice } from './dice.js';

const PLANS = ['plain', 'daemon', 'nameless', 'relay'] as const;
const BUILDS = ['sleep 0.1', 'sleep 0.1 & sleep 0.3', 'setsid sleep 30 & sleep 0.05'] as const;

/** Backends in child processes: with daemons, with children that ignore SIGTERM, with builds. */
export class ProcessWorkload implements CrashWorkload {
  readonly longestLifeMs = 600;
  readonly #dice: Dice;
  readonly #id = `crash-${randomBytes(4).toString('hex')}`;
  readonly #doublesFile: string;
  readonly #project: string;

  /** @param project absolute path of the project folder */
  constructor(project: string, dice: Dice) {
    this.#project = project;
    this.#dice = dice;
    this.#doublesFile = join(project, '..', `${this.#id}-doubles`);
  }

  options(number: number): string[] {
    const tag = this.tagOf(number);
    const warmPool = this.#dice.chance(0.3) ? 2 : 0;
    writeFileSync(join(this.#project, 'jamsocket.config.json'), JSON.stringify({ warmPool }));
    // Backends that must be killed take their time.
    const plan = this.#dice.chance(0.1) ? 'deaf' : this.#dice.pick(PLANS);
    const command = this.commandOf(plan, number);
    const options = ['--command', this.#dice.chance(0.3) ? `true && ${command}` : command];
    if (this.#dice.chance(0.5)) options.push('--build', `sh -c '${this.#dice.pick(BUILDS)}' ${tag}`);
    return options;
  }

  /** Text in the command lines of all processes of a run. */
  tagOf(number: number): string {
    return `${this.#id}-${number}`;
  }

  /** Runs a backend whose processes behave according to the plan. */
  commandOf(plan: (typeof PLANS)[number] | 'deaf', number: number): string {
    return `node ${fixture('crash-holder.mjs')} ${plan} ${this.tagOf(number)} ${this.#doublesFile}`;
  }

  async survivors(number: number): Promise<string[]> {
    const found: string[] = [];
    for (const { pid, zombie } of await listProcesses()) {
      const line = (await argumentsOf(pid)).join(' ');
      const run = new RegExp(`${this.#id}-(\\d+)`).exec(line)?.[1];
      if (run === undefined || zombie || Number(run) >= number) continue;
      found.push(`run ${run}, seen in run ${number}: ${pid} ${line}`);
      process.kill(pid, 'SIGKILL');
    }
    return found;
  }

  /** What backends saw at their start: a living process of an earlier run. */
  doubles(): string[] {
    return existsSync(this.#doublesFile) ? readFileSync(this.#doublesFile, 'utf8').trim().split('\n') : [];
  }
}
