/** How many builds in a row may be started only by files that builds wrote, before such a change is held back. */
export const MAX_BUILDS_IN_A_ROW = 3;
/** The same limit if one of the files may be a source, which a person may have saved during each of those builds. */
export const MAX_BUILDS_WITH_SOURCE = 2 * MAX_BUILDS_IN_A_ROW;
/** How many held-back builds may change files again before these files start no more builds, even if they may be sources. */
export const MAX_HELD_BUILDS = 2;
/** How many builds in a row may be canceled by changed sources before one runs to completion. */
const MAX_CANCELLED = 3;
/** How many builds in a row, started only by files that builds wrote, must write a file again before it counts as output. */
const PROOFS_NEEDED = 3;

/**
 * Who changed a file: a build, the running backends, or anyone else, such as a person. `log`: the file has only grown at its
 * end, soon after a build, like the log of a program that notices how sessions end.
 */
export type ChangeOrigin = 'build' | 'backend' | 'log' | 'other';

/** A changed file, with its path relative to the project. */
export interface OriginatedChange {
  file: string;
  origin: ChangeOrigin;
  /** Whether a backend may also have changed it. It then does not count as a file that people save. */
  isDoubtful?: boolean;
}

/** What to do after a change or after the end of a build. */
export type Trigger = (
  | { kind: 'none' }
  /** Build now, and cancel a running build. */
  | { kind: 'build'; files: readonly string[] }
  /** Decide at the end of the running build. */
  | { kind: 'wait' }
  /** Build after a quiet period, with {@link BuildTriggers.release}. */
  | { kind: 'hold'; files: readonly string[] }
) & {
  /** Files that start no more builds from now on. */
  learned?: readonly OriginatedChange[];
};

const NONE: Trigger = { kind: 'none' };

/**
 * Decides which changes start builds, so that no change is lost and builds don't start each other forever.
 *
 * If in doubt, it builds. This includes a file that changed while a build ran, since a person may have saved it. Usually
 * this converges, because a file that is written with the same content has not changed. If it does not converge, an
 * experiment distinguishes output from sources. After {@link MAX_BUILDS_IN_A_ROW} builds that were started only by files
 * written by builds (or by backends), the change is held back until nothing runs, and then built once. A file is output if
 * it changed in every one of these builds. It is also output if {@link PROOFS_NEEDED} builds that it started wrote it again
 * without changing it. When output changes during a build, no build starts, until someone else changes the file.
 *
 * A person can also save during every one of a few builds. So changing in every build is not enough if anyone else has ever
 * changed the file, or if a build left it alone. If {@link MAX_HELD_BUILDS} held-back builds changed such a file, it starts
 * no builds until any other change. The same applies to files that have another name in every build.
 *
 * This class is pure: changes, builds and quiet periods are reported to it, and it uses no clock.
 */
export class BuildTriggers {
  /** Files changed by anyone else at least once. Changing one during a build cancels the build. */
  readonly #sources = new Set<string>();
  /** Files that changed for the first time after a build had left them alone. */
  readonly #doubted = new Set<string>();
  /** All files that have ever changed. */
  readonly #seen = new Set<string>();
  #hasLeft = false;
  /** By file: how many of the latest builds that it started have written it again, without exception. */
  readonly #proofs = new Map<string, number>();
  /** Among the files that start no more builds, those written by backends or other programs instead of builds. */
  readonly #ofPrograms = new Set<string>();
  /** Files written by builds or backends that are not decided yet. */
  readonly #pending = new Map<string, ChangeOrigin>();
  readonly #held = new Set<string>();
  /** Files that are not known to be output, but start no build until something else happens. */
  readonly #stopped = new Set<string>();
  /** The files that started the running or upcoming build, if only builds or backends wrote them. */
  #underTest: ReadonlySet<string> = new Set();
  /** How many of the builds in a row each file has started. */
  readonly #started = new Map<string, number>();
  #buildsInARow = 0;
  #cancelled = 0;
  #heldBuilds = 0;
  #running = false;

  /** @param outputs files that earlier runs have learned to be build output */
  constructor(outputs: Iterable<string> = []) {
    for (const file of outputs) this.#proofs.set(file, PROOFS_NEEDED);
  }

  /** Files that only builds write, as far as is known. */
  get outputs(): string[] {
    return [...this.#proofs.keys()].filter((file) => this.#isOutput(file) && !this.#ofPrograms.has(file));
  }

  /** Whether a change is held back until {@link release}. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Files for which {@link buildEnded} must know whether the build wrote them. */
  get inQuestion(): ReadonlySet<string> {
    return new Set([...this.#underTest, ...[...this.#proofs.keys()].filter((file) => !this.#isOutput(file))]);
  }

  /** Decides what to do about changed files. */
  changed(changes: readonly OriginatedChange[]): Trigger {
    const byOthers = changes.filter(({ origin }) => origin === 'other');
    if (byOthers.length > 0) return this.#changedByOthers(byOthers);
    for (const { file, origin } of changes) {
      if (origin === 'build' && this.#hasLeft && !this.#seen.has(file)) this.#doubted.add(file);
      // A person does not only append to a file.
      if (origin === 'log') this.#sources.delete(file);
      this.#seen.add(file);
      this.#pending.set(file, origin);
    }
    if (!this.#running) return this.#decide();
    const isSource = changes.some(({ file }) => this.#sources.has(file) && !this.#stopped.has(file));
    if (!isSource || this.#cancelled >= MAX_CANCELLED) return { kind: 'wait' };
    this.#cancelled += 1;
    const files = [...this.#pending.keys()].filter((file) => !this.#isLeftAlone(file));
    this.#pending.clear();
    return { kind: 'build', files };
  }

  /**
   * Reports files whose current state was left by the service's own build. A build command runs once, so it need not read
   * its own output again.
   */
  built(files: readonly string[]): void {
    for (const file of files) {
      this.#seen.add(file);
      this.#pending.delete(file);
      this.#held.delete(file);
      if (!this.#sources.has(file)) this.#proofs.set(file, PROOFS_NEEDED);
    }
  }

  /** Reports the start of a build, for any reason. The build includes every change so far. */
  buildStarted(): void {
    this.#running = true;
    this.#pending.clear();
    this.#held.clear();
  }

  /**
   * Reports the end of a build, good or failed, that was not canceled.
   * @param written the files {@link inQuestion} that the build has written, changed or unchanged
   * @param later those of them that were written after its end, which says nothing about the build's own writes
   */
  buildEnded(written: ReadonlySet<string>, later: ReadonlySet<string> = new Set()): Trigger {
    this.#running = false;
    for (const file of this.inQuestion) {
      if (this.#sources.has(file) || this.#pending.has(file) || later.has(file)) continue;
      const proofs = this.#proofs.get(file) ?? 0;
      // A single build that leaves a file alone proves that something else has written it.
      if (!written.has(file)) this.#proofs.delete(file);
      else if (this.#underTest.has(file)) this.#proofs.set(file, proofs + 1);
    }
    this.#underTest = new Set();
    return this.#decide();
  }

  /** Reports that no process of a build runs anymore. The build has left alone all files that it did not change so far. */
  buildLeft(): void {
    this.#hasLeft = true;
  }

  /** Reports that a person or a program requested a build. Counting starts over. */
  asked(): void {
    this.#endRow();
    this.#cancelled = 0;
    this.#underTest = new Set();
    this.#stopped.clear();
  }

  /** Reports that nothing has run and nothing has changed for a while. Builds the changes that were held back, if any. */
  release(): Trigger {
    if (this.#held.size === 0 || this.#running) return NONE;
    const files = [...this.#held];
    this.#held.clear();
    this.#heldBuilds += 1;
    return this.#start(files);
  }

  #endRow(): void {
    this.#buildsInARow = 0;
    this.#heldBuilds = 0;
    this.#started.clear();
  }

  #changedByOthers(changes: readonly OriginatedChange[]): Trigger {
    this.asked();
    for (const { file, isDoubtful } of changes) {
      if (!isDoubtful) this.#sources.add(file);
      this.#proofs.delete(file);
    }
    return { kind: 'build', files: changes.map(({ file }) => file) };
  }

  /** Decides about the files that builds and backends have written. */
  #decide(): Trigger {
    const open = [...this.#pending].filter(([file]) => !this.#isLeftAlone(file));
    this.#pending.clear();
    const learned = open.filter(([file]) => this.#isShown(file)).map(([file, origin]) => ({ file, origin }));
    const isEnd =
      learned.length === open.length && learned.length > 0 && learned.every(({ file }) => this.#wasInEach(file));
    for (const { file, origin } of learned) this.#leaveAlone(file, origin);
    // The row of builds was caused by these files alone, and they are known now, so it says nothing about other files.
    if (isEnd) this.#endRow();
    const files = open.map(([file]) => file).filter((file) => !this.#isLeftAlone(file));
    return { ...this.#proceed(files), ...(learned.length > 0 && { learned }) };
  }

  #proceed(files: readonly string[]): Trigger {
    if (files.length === 0) return NONE;
    const isSavedAgain = (file: string) => this.#doubted.has(file) && this.#startedBy(file) > 0;
    const limit = files.some((file) => this.#sources.has(file) || isSavedAgain(file))
      ? MAX_BUILDS_WITH_SOURCE
      : MAX_BUILDS_IN_A_ROW;
    if (this.#buildsInARow < limit) {
      this.#buildsInARow += 1;
      return this.#start(files);
    }
    for (const file of files) this.#held.add(file);
    return { kind: 'hold', files: [...this.#held] };
  }

  #start(files: readonly string[]): Trigger {
    this.#underTest = new Set(files);
    for (const file of files) this.#started.set(file, this.#startedBy(file) + 1);
    return { kind: 'build', files };
  }

  /** Whether a file that was written after a held-back build should start no more builds. */
  #isShown(file: string): boolean {
    if (this.#heldBuilds >= MAX_HELD_BUILDS) return true;
    return this.#heldBuilds > 0 && this.#wasInEach(file);
  }

  /** Whether all builds of a long enough row have changed a file that no one else did. */
  #wasInEach(file: string): boolean {
    return !this.#mayBeSource(file) && this.#startedBy(file) > MAX_BUILDS_IN_A_ROW;
  }

  #mayBeSource(file: string): boolean {
    return this.#sources.has(file) || this.#doubted.has(file);
  }

  #leaveAlone(file: string, origin: ChangeOrigin): void {
    if (origin !== 'build') this.#ofPrograms.add(file);
    if (this.#wasInEach(file)) this.#proofs.set(file, PROOFS_NEEDED);
    else this.#stopped.add(file);
  }

  #isLeftAlone(file: string): boolean {
    return this.#stopped.has(file) || this.#isOutput(file);
  }

  #startedBy(file: string): number {
    return this.#started.get(file) ?? 0;
  }

  #isOutput(file: string): boolean {
    return (this.#proofs.get(file) ?? 0) >= PROOFS_NEEDED;
  }
}
