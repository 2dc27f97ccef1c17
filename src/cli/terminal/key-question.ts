/** A question that the next key answers. */
interface OpenQuestion {
  /** The question in a few words, for the footer. */
  text: string;
  /** Receives the key; any key except the expected ones means "no". */
  onKey: (key: string) => void;
}

/** Asks the user of a program with shortcuts one question at a time; the next key is the answer. */
export class KeyQuestion {
  #open: OpenQuestion | undefined;

  /** The open question; undefined if there is none. */
  get text(): string | undefined {
    return this.#open?.text;
  }

  /** Asks a question, which replaces the open one. */
  ask(text: string, onKey: (key: string) => void): void {
    this.#open = { text, onKey };
  }

  /** Takes a key as the answer. @returns false if no question is open, so that the key is a shortcut */
  take(key: string): boolean {
    const question = this.#open;
    this.#open = undefined;
    question?.onKey(key);
    return question !== undefined;
  }
}
