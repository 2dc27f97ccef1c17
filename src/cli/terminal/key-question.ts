/** A question that the next key answers. */
interface OpenQuestion {
  /** A few words for the footer. */
  text: string;
  /** Receives the key; any other key means "no". */
  onKey: (key: string) => void;
}

/** Asks the user of a program with shortcuts one question at a time; the next key is the answer. */
export class KeyQuestion {
  #open: OpenQuestion | undefined;

  /** The open question; undefined: none. */
  get text(): string | undefined {
    return this.#open?.text;
  }

  /** Asks a question, which replaces an open one. */
  ask(text: string, onKey: (key: string) => void): void {
    this.#open = { text, onKey };
  }

  /** Takes a key as the answer. @returns false if no question is open: then the key is a shortcut */
  take(key: string): boolean {
    const question = this.#open;
    this.#open = undefined;
    question?.onKey(key);
    return question !== undefined;
  }
}
