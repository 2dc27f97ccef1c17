/**
 * The last, unfinished line of a file or pipe, where written text can't be taken back. An unfinished line is written
 * once and then only extended. If it changes in another way, or other lines come in between, the whole line is written
 * again once it is finished.
 */
export class OpenLine {
  #open: { key: string; text: string } | undefined;
  readonly #written = new Set<string>();

  /** @returns the text to write to show an unfinished line; `key` identifies its source */
  unfinished(key: string, text: string): string {
    if (this.#open?.key === key) {
      const shown = this.#open.text;
      if (!text.startsWith(shown)) return '';
      this.#open.text = text;
      return text.slice(shown.length);
    }
    if (text === '' || this.#written.has(key)) return '';
    this.#written.add(key);
    return `${this.close()}${this.#begin(key, text)}`;
  }

  /** @param text whole lines; the first may finish the unfinished line of the same key @returns the text to write */
  finish(key: string | undefined, text: string): string {
    const open = this.#open;
    if (key !== undefined) this.#written.delete(key);
    if (open === undefined) return text;
    if (open.key !== key || !text.startsWith(open.text)) return `${this.close()}${text}`;
    this.#open = undefined;
    return text.slice(open.text.length);
  }

  /** @returns the text to write so that a new line can begin */
  close(): string {
    if (this.#open === undefined) return '';
    this.#open = undefined;
    return '\n';
  }

  #begin(key: string, text: string): string {
    this.#open = { key, text };
    return text;
  }
}
