/** Names for what is random in one run of a scenario, in the order in which it came up. */
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
