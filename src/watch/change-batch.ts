import { type BytePath, toText } from './byte-path.js';
import type { Change, WhatChanged } from './change.js';

/** Collects changes until they are told of: of each file once, the newest last. */
export class ChangeBatch {
  readonly #changes = new Map<BytePath, Change>();

  get size(): number {
    return this.#changes.size;
  }

  /** @param path absolute, without links in its folders */
  add(path: BytePath, shown: BytePath, what: WhatChanged): void {
    const before = this.#changes.get(path)?.what;
    this.#changes.delete(path);
    // What was made and is gone again before anybody heard of it never was.
    if (before === 'created' && what === 'deleted') return;
    const combined = before === 'created' ? before : before === 'deleted' && what === 'created' ? 'content' : what;
    this.#changes.set(path, { path: toText(shown), absolute: toText(path), what: combined });
  }

  /** Takes all of them out, the newest first. */
  take(): Change[] {
    const changes = [...this.#changes.values()].reverse();
    this.#changes.clear();
    return changes;
  }
}
