/** A requested item, with the promise shared by its callers. */
interface Entry<Asked, Found> {
  asked: Asked;
  promise: Promise<Found>;
  resolve: (found: Found) => void;
  reject: (error: unknown) => void;
}

/**
 * Combines lookups into batches. All items requested in one turn of the event loop are looked up together, each only once. A
 * lookup begins after all of its callers have requested it, so that it sees every change made before. It does not wait for
 * earlier lookups, so one that hangs holds up no later caller.
 */
export class BatchedLookups<Asked, Found> {
  readonly #keyOf: (asked: Asked) => string;
  readonly #look: (asked: readonly Asked[]) => Promise<readonly Found[]>;
  #next = new Map<string, Entry<Asked, Found>>();

  /**
   * @param keyOf returns the same key for the same item
   * @param look finds all requested items, in their order
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
