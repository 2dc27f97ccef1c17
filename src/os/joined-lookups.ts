/**
 * Lets requests that need the same thing share one lookup of it. A request joins a lookup that begins after it arrived,
 * never one that is under way, since it has to see what was changed before. So a single request does not wait, and all
 * requests that arrive during one lookup share the next.
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
