/** A question that the next key answers. */
interface OpenQuestion {
  /** In a few words, for the footer. */
  text: string;
  /** Receives the key; any that is not an answer means "no". */
  onKey: (key: string) => void;
}

/** Asks a person who watches a program with shortcuts, one question at a time; the next key is the answer. */
export class KeyQuestion {
  #open: OpenQuestion | undefined;

  /** What is asked; undefined: nothing. */
  get text(): string | undefined {
    return this.#open?.text;
  }

  /** Asks a question; it replaces one that is open. */
  ask(text: string, onKey: (key: string) => void): void {
    this.#open = { text, onKey };
  }

  /** Takes a key as the answer. @returns false if nothing is asked: the key is a shortcut then */
  take(key: string): boolean {
    const question = this.#open;
    this.#open = undefined;
    question?.onKey(key);
    return question !== undefined;
  }
}
