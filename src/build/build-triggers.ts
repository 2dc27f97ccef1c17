/** How many builds in a row may be started only by files that builds wrote, before such a change is held. */
export const MAX_BUILDS_IN_A_ROW = 3;
/** How many such builds in a row have to write a file again before it counts as output. */
const PROOFS_NEEDED = 3;

/** Who changed a file: a build, the running backends themselves, or anyone else, such as a person. */
export type ChangeOrigin = 'build' | 'backend' | 'other';

/** A changed file, by its path relative to the project. */
export interface OriginatedChange {
  file: string;
  origin: ChangeOrigin;
}

/** What to do after a change, or after the end of a build. */
export type Trigger =
  /** Nothing has to be built. `learned`: files that were just recognized as output, and start no more builds. */
  | { kind: 'none'; learned?: readonly OriginatedChange[] }
  /** Build now, and cancel a build that runs. */
  | { kind: 'build'; files: readonly string[] }
  /** To be decided at the end of the running build. */
  | { kind: 'wait' }
  /** Build when nothing has run for a while, by {@link BuildTriggers.release}. */
  | { kind: 'hold'; files: readonly string[] };

const NONE: Trigger = { kind: 'none' };

/**
 * Decides which changes start builds, so that no change is lost and builds don't start each other forever.
 *
 * In doubt it builds: also for a file that changed while a build ran, since a person may have saved it. What builds
 * write converges, as a file that comes out the same is no change. Where it does not converge, an experiment tells
 * output from source: after {@link MAX_BUILDS_IN_A_ROW} builds that only files written by builds (or by backends)
 * started, the change is held until nothing runs, and then built once. Files that this build alone changes again are
 * output, and so are files that {@link PROOFS_NEEDED} builds on their own wrote again as they were. Changes of output
 * during builds start none, until somebody else changes it.
 *
 * Pure: changes, builds and quiet are reported to it, and it knows no clock.
 */
export class BuildTriggers {
  /** Changed by anyone else at least once: changes during a build cancel it. */
  readonly #sources = new Set<string>();
  /** By file: how many builds on their own have written it again, the last ones without exception. */
  readonly #proofs = new Map<string, number>();
  /** Written by builds or backends, and not decided yet. */
  readonly #pending = new Map<string, ChangeOrigin>();
  readonly #held = new Set<string>();
  /** What started the build that runs or is about to, where only builds or backends wrote that. */
  #underTest: ReadonlySet<string> = new Set();
  /** The same of the last build that was held until nothing ran: what it changes again is output. */
  #tested: ReadonlySet<string> = new Set();
  #buildsInARow = 0;
  #running = false;

  /** @param outputs files that earlier runs have learned to be output of builds */
  constructor(outputs: Iterable<string> = []) {
    for (const file of outputs) this.#proofs.set(file, PROOFS_NEEDED);
  }

  /** Files that only builds write, as far as is known. */
  get outputs(): string[] {
    return [...this.#proofs.keys()].filter((file) => this.#isOutput(file));
  }

  /** Whether something waits for {@link release}. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Files of which {@link buildEnded} has to know whether the build wrote them. */
  get underTest(): ReadonlySet<string> {
    return this.#underTest;
  }

  /** Decides what to do about changed files. */
  changed(changes: readonly OriginatedChange[]): Trigger {
    const byOthers = filesOf(changes.filter(({ origin }) => origin === 'other'));
    if (byOthers.length > 0) return this.#changedByOthers(byOthers);
    for (const { file, origin } of changes) this.#pending.set(file, origin);
    if (!this.#running) return this.#decide();
    const isSource = changes.some(({ file }) => this.#sources.has(file));
    const cancels = isSource && this.#buildsInARow < MAX_BUILDS_IN_A_ROW;
    return cancels ? this.#decide() : { kind: 'wait' };
  }

  /** Reports the start of a build, for any reason; it sees every change so far. */
  buildStarted(): void {
    this.#running = true;
    this.#pending.clear();
    this.#held.clear();
  }

  /**
   * Reports the end of a build, good or not, that was not canceled.
   * @param written which files of {@link underTest} it has written, with the same content or another
   */
  buildEnded(written: ReadonlySet<string>): Trigger {
    this.#running = false;
    for (const file of this.#underTest) {
      if (this.#sources.has(file) || this.#pending.has(file)) continue;
      this.#proofs.set(file, written.has(file) ? (this.#proofs.get(file) ?? 0) + 1 : 0);
    }
    this.#underTest = new Set();
    return this.#decide();
  }

  /** A person or a program asked for a build: counting starts again. */
  asked(): void {
    this.#buildsInARow = 0;
    this.#underTest = new Set();
    this.#tested = new Set();
  }

  /** Nothing has run and nothing has changed for a while: builds what was held, if anything. */
  release(): Trigger {
    if (this.#held.size === 0 || this.#running) return NONE;
    const files = [...this.#held];
    this.#underTest = new Set(files);
    this.#tested = this.#underTest;
    this.#held.clear();
    return { kind: 'build', files };
  }

  #changedByOthers(files: readonly string[]): Trigger {
    this.asked();
    for (const file of files) {
      this.#sources.add(file);
      this.#proofs.delete(file);
    }
    return { kind: 'build', files };
  }

  /** Decides about files that builds and backends have written. */
  #decide(): Trigger {
    const written = [...this.#pending].map(([file, origin]) => ({ file, origin }));
    const learned = written.filter(({ file }) => this.#tested.has(file) && !this.#isOutput(file));
    for (const { file } of learned) this.#proofs.set(file, PROOFS_NEEDED);
    const open = filesOf(written).filter((file) => !this.#isOutput(file));
    this.#pending.clear();
    if (open.length === 0) return learned.length === 0 ? NONE : { kind: 'none', learned };
    if (this.#buildsInARow >= MAX_BUILDS_IN_A_ROW) {
      for (const file of open) this.#held.add(file);
      return { kind: 'hold', files: [...this.#held] };
    }
    this.#buildsInARow += 1;
    this.#underTest = new Set(open);
    return { kind: 'build', files: open };
  }

  #isOutput(file: string): boolean {
    return (this.#proofs.get(file) ?? 0) >= PROOFS_NEEDED;
  }
}

function filesOf(changes: readonly OriginatedChange[]): string[] {
  return changes.map(({ file }) => file);
}
