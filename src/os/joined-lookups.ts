/**
 * Lets requests that need the same thing share one look at it. A request joins a look that begins after it came, never one
 * that is under way: what was changed before the request must be seen. So a lone request waits for nobody, and of many at
 * once all those that come during one look share the next.
 */
export class JoinedLookups<Value> {
  readonly #running = new Map<string, { current: Promise<Value>; next: Promise<Value> | undefined }>();

  /** @param key of what is looked at */
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
