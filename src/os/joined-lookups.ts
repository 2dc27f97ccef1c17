/**
 * Shares one lookup among requests for the same thing. A request never joins a lookup that is already running, since it must
 * see changes made before the request. A single request therefore starts at once, and all requests that arrive during a
 * lookup share the next one.
 */
export class JoinedLookups<Value> {
  readonly #running = new Map<string, { current: Promise<Value>; next: Promise<Value> | undefined }>();

  /** @param key identifies the thing to look up */
  find(key: string, look: () => Promise<Value>): Promise<Value> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#begin(key, look);
    running.next ??= running.current.then(
      () => this.#begin(key, look),
      () => this.#begin(key, look),
    );
    return running.next;
  }

  #begin(key: string, look: () => Promise<Value>): Promise<Value> {
    const current = look();
    const entry = { current, next: undefined };
    this.#running.set(key, entry);
    const forget = () => {
      if (this.#running.get(key) === entry && entry.next === undefined) this.#running.delete(key);
    };
    current.then(forget, forget);
    return current;
  }
}
