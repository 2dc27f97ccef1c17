/** What is asked for, by whom that wants to know. */
interface Entry<Asked, Found> {
  asked: Asked;
  promise: Promise<Found>;
  resolve: (found: Found) => void;
  reject: (error: unknown) => void;
}

/**
 * Looks up many things with one question. What is asked for in one turn of the event loop is looked up together, and the
 * same thing only once. A lookup begins after everyone who shares it has asked, so that they see what was changed before.
 * Does not wait for lookups that are under way: one that hangs keeps nobody else waiting.
 */
export class BatchedLookups<Asked, Found> {
  readonly #keyOf: (asked: Asked) => string;
  readonly #look: (asked: readonly Asked[]) => Promise<readonly Found[]>;
  #next = new Map<string, Entry<Asked, Found>>();

  /**
   * @param keyOf what is the same for what is the same
   * @param look finds all that is asked for, in that order
   */
  constructor(keyOf: (asked: Asked) => string, look: (asked: readonly Asked[]) => Promise<readonly Found[]>) {
    this.#keyOf = keyOf;
    this.#look = look;
  }

  find(asked: Asked): Promise<Found> {
    const key = this.#keyOf(asked);
    const entry = this.#next.get(key) ?? makeEntry<Asked, Found>(asked);
    if (this.#next.size === 0) setImmediate(() => this.#lookUp());
    this.#next.set(key, entry);
    return entry.promise;
  }

  async #lookUp(): Promise<void> {
    const entries = [...this.#next.values()];
    this.#next = new Map();
    try {
      const found = await this.#look(entries.map(({ asked }) => asked));
      for (const [index, { resolve }] of entries.entries()) resolve(found[index] as Found);
    } catch (error) {
      for (const { reject } of entries) reject(error);
    }
  }
}

function makeEntry<Asked, Found>(asked: Asked): Entry<Asked, Found> {
  let resolve: Entry<Asked, Found>['resolve'] = () => undefined;
  let reject: Entry<Asked, Found>['reject'] = () => undefined;
  const promise = new Promise<Found>((onFound, onError) => {
    resolve = onFound;
    reject = onError;
  });
  return { asked, promise, resolve, reject };
}
