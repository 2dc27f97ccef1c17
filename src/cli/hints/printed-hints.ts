import type { Output } from '../terminal/output.js';
import { findCall } from './find-call.js';
import { Hints, type HintTarget } from './hints.js';
import type { Call } from './own-command.js';
import { type NamedTarget, targetOf } from './target-of.js';

/** Commands whose hints are for another folder. */
const WITHOUT_HINTS = ['init'];

/** Adapts the hints in all output of a command to where they are printed. */
export class PrintedHints {
  readonly #outputs: readonly Output[];
  #call: Call | undefined;

  constructor(outputs: readonly Output[]) {
    this.#outputs = outputs;
  }

  /** Adapts hints to the user's shell. Call this before options are parsed, because parse errors contain hints. */
  async begin(): Promise<void> {
    this.#call = await findCall();
    this.aim({});
  }

  /** Adapts hints to the target in a command's options and arguments. */
  async aimBy(named: NamedTarget): Promise<void> {
    if (WITHOUT_HINTS.includes(named.command)) this.#stop();
    if (this.#call !== undefined) this.aim(await targetOf(named, this.#call));
  }

  #stop(): void {
    this.#call = undefined;
    for (const output of this.#outputs) output.adaptHints = (text) => text;
  }

  /** Adapts hints to a dev server or project. */
  aim(target: HintTarget): void {
    if (this.#call === undefined) return;
    const hints = new Hints(this.#call, target);
    for (const output of this.#outputs) output.adaptHints = (text) => hints.adapt(text);
  }
}
