/** Names for the random values of one run, numbered in the order of their appearance. */
export class Names {
  readonly #names = new Map<string, string>();

  /** @param kind such as `token` */
  add(value: string, kind: string): void {
    if (this.#names.has(value)) return;
    const count = [...this.#names.values()].filter((name) => name.startsWith(`<${kind} `)).length;
    this.#names.set(value, `<${kind} ${count + 1}>`);
  }

  /** Replaces each value by its name. */
  replaceIn(text: string): string {
    let result = text;
    for (const [value, name] of this.#names) result = result.replaceAll(value, name);
    return result;
  }
}
