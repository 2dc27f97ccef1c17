import { createHash } from 'node:crypto';
import { MISSING } from '../watch/change.js';

/** A changed file, with its fingerprints before and after; see `os/fingerprint.ts`. */
export interface FileChange {
  /** Absolute path. */
  absolute: string;
  /** undefined if unknown. The file then counts as changed forever. */
  before: string | undefined;
  now: string;
}

/**
 * Records how a service's files differ from their content when watching began, so that two builds can be compared. Builds
 * with the same differences were made from the same files.
 */
export class ChangedFiles {
  readonly #differing = new Map<string, FileChange>();
  /** Files changed since the last good build. */
  #unbuilt = new Set<string>();
  /** Unbuilt files that changed after the start of the running build, which may not have seen the change. */
  #sinceStart = new Set<string>();
  /** Files in `#sinceStart` that existed before. */
  #replacedSinceStart = new Set<string>();

  note(changes: readonly FileChange[]): void {
    this.noteBuilt(changes);
    for (const { absolute, before } of changes) {
      this.#unbuilt.add(absolute);
      this.#sinceStart.add(absolute);
      if (before !== MISSING) this.#replacedSinceStart.add(absolute);
    }
  }

  /** Records changes made by the build itself, which need no build. */
  noteBuilt(changes: readonly FileChange[]): void {
    for (const { absolute, before, now } of changes) {
      const first = this.#differing.get(absolute);
      const original = first === undefined ? before : first.before;
      if (original === now) this.#differing.delete(absolute);
      else this.#differing.set(absolute, { absolute, before: original, now });
    }
  }

  buildStarted(): void {
    this.#sinceStart = new Set();
    this.#replacedSinceStart = new Set();
  }

  /** Absolute paths of files that existed before and changed after the start of the running build. */
  get replacedSinceStart(): string[] {
    return [...this.#replacedSinceStart];
  }

  /** Reports that the newest build succeeded. */
  buildSucceeded(): void {
    this.#unbuilt = this.#sinceStart;
    this.#sinceStart = new Set(this.#unbuilt);
  }

  /** Absolute paths of files that changed since the start of the last good build. */
  get unbuilt(): string[] {
    return [...this.#unbuilt];
  }

  /** Like {@link fingerprint}, including changes that are not recorded yet. */
  fingerprintWith(changes: readonly FileChange[]): string {
    const copy = new ChangedFiles();
    copy.noteBuilt([...this.#differing.values(), ...changes]);
    return copy.fingerprint;
  }

  /** Identifies the current content of all files: the same text means the same content. */
  get fingerprint(): string {
    const lines = [...this.#differing.values()].map(({ absolute, now }) => `${absolute}\0${now}`).sort();
    return createHash('sha256').update(lines.join('\n')).digest('hex');
  }
}
