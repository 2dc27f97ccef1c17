/** How many builds in a row may be started only by files that builds wrote, before such a change is held. */
export const MAX_BUILDS_IN_A_ROW = 3;
/** The same limit where one of the files may be a source, which a person may have saved during each of those builds. */
export const MAX_BUILDS_WITH_SOURCE = 2 * MAX_BUILDS_IN_A_ROW;
/** How many held builds may change files again before these start no more builds, although they may be sources. */
export const MAX_HELD_BUILDS = 2;
/** How many builds in a row changed sources may cancel, before one runs to its end. */
const MAX_CANCELLED = 3;
/** How many builds in a row, started only by files that builds wrote, have to write a file again before it counts as output. */
const PROOFS_NEEDED = 3;

/**
 * Who changed a file: a build, the running backends themselves, or anyone else, such as a person. `log`: it has only grown
 * at its end, and soon after a build, as the log of a program does that notices how sessions end.
 */
export type ChangeOrigin = 'build' | 'backend' | 'log' | 'other';

/** A changed file, by its path relative to the project. */
export interface OriginatedChange {
  file: string;
  origin: ChangeOrigin;
  /** A backend may have changed it as well: it does not count as a file that people save. */
  isDoubtful?: boolean;
}

/** What to do after a change, or after the end of a build. */
export type Trigger = (
  | { kind: 'none' }
  /** Build now, and cancel a build that runs. */
  | { kind: 'build'; files: readonly string[] }
  /** To be decided at the end of the running build. */
  | { kind: 'wait' }
  /** Build when nothing has run for a while, by {@link BuildTriggers.release}. */
  | { kind: 'hold'; files: readonly string[] }
) & {
  /** Files that start no more builds from now on. */
  learned?: readonly OriginatedChange[];
};

const NONE: Trigger = { kind: 'none' };

/**
 * Decides which changes start builds, so that no change is lost and builds don't start each other forever.
 *
 * In doubt it builds: also for a file that changed while a build ran, since a person may have saved it. What builds
 * write converges, because a file that comes out the same is no change. Where it does not converge, an experiment
 * distinguishes output from source: after {@link MAX_BUILDS_IN_A_ROW} builds that only files written by builds (or by backends)
 * started, the change is held until nothing runs, and then built once. Files that changed in every one of these builds
 * are output, and so are files that {@link PROOFS_NEEDED} builds on their own wrote again as they were. Changes of output
 * during builds start none, until somebody else changes it.
 *
 * A person can save during every one of a few builds, too. So a file that somebody else has ever changed, or that a
 * build left alone, is not taken for output because of that: if {@link MAX_HELD_BUILDS} held builds changed it, it starts no
 * builds until any other change. The same goes for files that have another name in every build.
 *
 * Pure: changes, builds and quiet are reported to it, and it knows no clock.
 */
export class BuildTriggers {
  /** Changed by anyone else at least once: changes during a build cancel it. */
  readonly #sources = new Set<string>();
  /** Changed for the first time after a build that had left it alone. */
  readonly #doubted = new Set<string>();
  /** Every file that has ever changed. */
  readonly #seen = new Set<string>();
  #hasLeft = false;
  /** By file: how many builds on their own have written it again, the last ones without exception. */
  readonly #proofs = new Map<string, number>();
  /** Among the files that start no more builds, those that backends or other programs write rather than builds. */
  readonly #ofPrograms = new Set<string>();
  /** Written by builds or backends, and not decided yet. */
  readonly #pending = new Map<string, ChangeOrigin>();
  readonly #held = new Set<string>();
  /** Not known to be output, but starts no build until anything else happens. */
  readonly #stopped = new Set<string>();
  /** What started the build that runs or is about to, where only builds or backends wrote that. */
  #underTest: ReadonlySet<string> = new Set();
  /** Of the builds in a row: how many each file has started. */
  readonly #started = new Map<string, number>();
  #buildsInARow = 0;
  #cancelled = 0;
  #heldBuilds = 0;
  #running = false;

  /** @param outputs files that earlier runs have learned to be output of builds */
  constructor(outputs: Iterable<string> = []) {
    for (const file of outputs) this.#proofs.set(file, PROOFS_NEEDED);
  }

  /** Files that only builds write, as far as is known. */
  get outputs(): string[] {
    return [...this.#proofs.keys()].filter((file) => this.#isOutput(file) && !this.#ofPrograms.has(file));
  }

  /** Whether something waits for {@link release}. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Files of which {@link buildEnded} has to know whether the build wrote them. */
  get inQuestion(): ReadonlySet<string> {
    return new Set([...this.#underTest, ...[...this.#proofs.keys()].filter((file) => !this.#isOutput(file))]);
  }

  /** Decides what to do about changed files. */
  changed(changes: readonly OriginatedChange[]): Trigger {
    const byOthers = changes.filter(({ origin }) => origin === 'other');
    if (byOthers.length > 0) return this.#changedByOthers(byOthers);
    for (const { file, origin } of changes) {
      if (origin === 'build' && this.#hasLeft && !this.#seen.has(file)) this.#doubted.add(file);
      // A person saves more than the end of a file.
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
   * Reports files that are exactly as the service's own build left them. A build command is a program that is run once:
   * what it writes, it need not read again.
   */
  built(files: readonly string[]): void {
    for (const file of files) {
      this.#seen.add(file);
      this.#pending.delete(file);
      this.#held.delete(file);
      if (!this.#sources.has(file)) this.#proofs.set(file, PROOFS_NEEDED);
    }
  }

  /** Reports the start of a build, for any reason; it sees every change so far. */
  buildStarted(): void {
    this.#running = true;
    this.#pending.clear();
    this.#held.clear();
  }

  /**
   * A build ended, good or not, that nothing cancelled.
   * @param written which files {@link inQuestion} it has written, with the same content or another
   * @param later which of them were written after its end, which says nothing about what it wrote itself
   */
  buildEnded(written: ReadonlySet<string>, later: ReadonlySet<string> = new Set()): Trigger {
    this.#running = false;
    for (const file of this.inQuestion) {
      if (this.#sources.has(file) || this.#pending.has(file) || later.has(file)) continue;
      const proofs = this.#proofs.get(file) ?? 0;
      // One build that leaves a file alone shows that others have written it.
      if (!written.has(file)) this.#proofs.delete(file);
      else if (this.#underTest.has(file)) this.#proofs.set(file, proofs + 1);
    }
    this.#underTest = new Set();
    return this.#decide();
  }

  /** Nothing of a build runs anymore: files that it has not changed so far, it leaves alone. */
  buildLeft(): void {
    this.#hasLeft = true;
  }

  /** A person or a program asked for a build: counting starts again. */
  asked(): void {
    this.#endRow();
    this.#cancelled = 0;
    this.#underTest = new Set();
    this.#stopped.clear();
  }

  /** Nothing has run and nothing has changed for a while: builds what was held, if anything. */
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

  /** Decides about files that builds and backends have written. */
  #decide(): Trigger {
    const open = [...this.#pending].filter(([file]) => !this.#isLeftAlone(file));
    this.#pending.clear();
    const learned = open.filter(([file]) => this.#isShown(file)).map(([file, origin]) => ({ file, origin }));
    const isEnd =
      learned.length === open.length && learned.length > 0 && learned.every(({ file }) => this.#wasInEach(file));
    for (const { file, origin } of learned) this.#leaveAlone(file, origin);
    // These files alone made the row of builds, and are known now: others are not judged by it.
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

  /** Whether a file that was written after a held build is to start no more. */
  #isShown(file: string): boolean {
    if (this.#heldBuilds >= MAX_HELD_BUILDS) return true;
    return this.#heldBuilds > 0 && this.#wasInEach(file);
  }

  /** Whether all builds in a row, of which there are enough, have changed a file that nobody else did. */
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
