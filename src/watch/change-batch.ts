import { type BytePath, toText } from './byte-path.js';
import type { Change, FileStates, WhatChanged } from './change.js';

/** Collects changes until they are reported, one per file. */
export class ChangeBatch {
  readonly #changes = new Map<BytePath, Change>();
  /** When the first sign of a file's change was noticed. */
  readonly #noticedAtMs = new Map<BytePath, number>();

  get size(): number {
    return this.#changes.size;
  }

  get changes(): Change[] {
    return [...this.#changes.values()];
  }

  /** Records when a file may first have changed. */
  notice(path: BytePath): void {
    if (!this.#noticedAtMs.has(path)) this.#noticedAtMs.set(path, performance.now());
  }

  /** @param path absolute, without links in its folders */
  add(path: BytePath, shown: BytePath, what: WhatChanged, states: FileStates): void {
    const earlier = this.#changes.get(path);
    this.#changes.delete(path);
    if (earlier?.what === 'created' && what === 'deleted') {
      const isSame = states.before === undefined || states.before === earlier.now;
      // A file that was created and deleted before the report is not reported. Otherwise, something else has replaced the
      // deleted entry, such as a folder with the name of a broken link.
      if (!isSame) this.#changes.set(path, { ...earlier, what: 'kind', before: states.before });
      return;
    }
    this.notice(path);
    this.#changes.set(path, {
      path: toText(shown),
      absolute: toText(path),
      what: combine(earlier?.what, what),
      before: earlier === undefined ? states.before : earlier.before,
      now: states.now,
      noticedAtMs: this.#noticedAtMs.get(path) ?? performance.now(),
    });
  }

  /** Removes and returns all changes, newest first. */
  take(): Change[] {
    const changes = [...this.#changes.values()].reverse();
    this.#changes.clear();
    this.#noticedAtMs.clear();
    return changes;
  }
}

function combine(earlier: WhatChanged | undefined, what: WhatChanged): WhatChanged {
  if (earlier === 'created') return 'created';
  return earlier === 'deleted' && what === 'created' ? 'content' : what;
}
