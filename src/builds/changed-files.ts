import { createHash } from 'node:crypto';
import { MISSING } from '../watch/change.js';

/** A file that changed, by fingerprints of what it was and what it is now; see `os/fingerprint.ts`. */
export interface FileChange {
  /** Absolute path. */
  absolute: string;
  /** undefined when it is unknown: the file then counts as changed forever. */
  before: string | undefined;
  now: string;
}

/**
 * Records how a service's files differ from their content when watching began, so that two builds can be compared: with
 * the same differences they were made from the same files.
 */
export class ChangedFiles {
  readonly #differing = new Map<string, FileChange>();
  /** Changed since the last good build. */
  #unbuilt = new Set<string>();
  /** Of those, the ones that changed after the start of the running build, which does not see them. */
  #sinceStart = new Set<string>();
  /** Of those, the ones that were there before. */
  #replacedSinceStart = new Set<string>();

  note(changes: readonly FileChange[]): void {
    this.noteBuilt(changes);
    for (const { absolute, before } of changes) {
      this.#unbuilt.add(absolute);
      this.#sinceStart.add(absolute);
      if (before !== MISSING) this.#replacedSinceStart.add(absolute);
    }
  }

  /** Takes note of changes that the build itself has made: nothing has to be built for them. */
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

  /** Absolute paths of files that were there before, and changed after the start of the running build. */
  get replacedSinceStart(): string[] {
    return [...this.#replacedSinceStart];
  }

  /** Reports that the build started last is good. */
  buildSucceeded(): void {
    this.#unbuilt = this.#sinceStart;
    this.#sinceStart = new Set(this.#unbuilt);
  }

  /** Absolute paths of files that changed since the last good build was started. */
  get unbuilt(): string[] {
    return [...this.#unbuilt];
  }

  /** Like {@link fingerprint}, with changes that are not noted yet. */
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
