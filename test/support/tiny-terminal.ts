/**
 * A terminal of a given size with the features that jamdev uses: it wraps, scrolls, and keeps lines that scroll out at
 * the top. One character takes one column. It throws on unknown sequences, so that nothing stays untested.
 */
export class TinyTerminal {
  readonly #columns: number;
  #rows: number;
  /** All lines, ending with those of the screen; `wrapped`: the line continues in the next one. */
  #lines: { text: string; wrapped: boolean }[] = [{ text: '', wrapped: false }];
  #top = 0;
  #row = 0;
  #column = 0;
  #wraps = true;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Everything from the first line on, with wrapped lines joined and trailing empty lines left out. */
  get text(): string {
    const joined = this.#lines.map(({ text, wrapped }) => (wrapped ? text : `${text.trimEnd()}\n`)).join('');
    return joined.trimEnd();
  }

  /** The position of the cursor, counted from the very first line. */
  get cursor(): { line: number; column: number } {
    return { line: this.#top + this.#row, column: this.#column };
  }

  /**
   * Changes the height as tmux does: growing brings lines back from above; shrinking first drops lines below the
   * cursor.
   */
  resize(rows: number): void {
    if (rows > this.#rows) {
      const back = Math.min(rows - this.#rows, this.#top);
      this.#top -= back;
      this.#row += back;
    } else {
      const up = Math.max(0, this.#row - (rows - 1));
      this.#top += up;
      this.#row -= up;
      this.#lines.length = Math.min(this.#lines.length, this.#top + rows);
    }
    this.#rows = rows;
  }

  write(text: string): void {
    // The terminal driver converts a newline into both.
    for (const [token] of text.replaceAll(/\r?\n/g, '\r\n').matchAll(/\u001b\[[?\d;]*[A-Za-z]|[\s\S]/g)) {
      if (token.length > 1) this.#obey(token);
      else if (token === '\r') this.#column = 0;
      else if (token === '\n') this.#lineFeed();
      else this.#put(token);
    }
  }

  #obey(sequence: string): void {
    const count = Number.parseInt(sequence.slice(2), 10) || 1;
    if (sequence === '\u001b[?7l') this.#wraps = false;
    else if (sequence === '\u001b[?7h') this.#wraps = true;
    else if (/^\u001b\[\?2026[hl]$/.test(sequence)) return;
    else if (/^\u001b\[\d*A$/.test(sequence)) this.#row = Math.max(0, this.#row - count);
    else if (/^\u001b\[\d*C$/.test(sequence)) this.#column = Math.min(this.#columns - 1, this.#column + count);
    else if (sequence === '\u001b[K') this.#line().text = this.#line().text.slice(0, this.#column);
    else if (sequence === '\u001b[J') {
      if (this.#row === 0 && this.#column === 0) throw new Error('tmux would keep what this erases');
      this.#line().text = this.#line().text.slice(0, this.#column);
      this.#line().wrapped = false;
      this.#lines.length = this.#top + this.#row + 1;
    } else throw new Error(`no such sequence: ${JSON.stringify(sequence)}`);
  }

  #put(character: string): void {
    if (this.#column === this.#columns) {
      if (this.#wraps) {
        this.#line().wrapped = true;
        this.#lineFeed();
        this.#column = 0;
      } else this.#column -= 1;
    }
    const { text } = this.#line();
    this.#line().text =
      text.slice(0, this.#column).padEnd(this.#column) + character + text.slice(this.#column + character.length);
    this.#column += 1;
  }

  #lineFeed(): void {
    if (this.#row === this.#rows - 1) this.#top += 1;
    else this.#row += 1;
    this.#line();
  }

  #line(): { text: string; wrapped: boolean } {
    const index = this.#top + this.#row;
    while (this.#lines.length <= index) this.#lines.push({ text: '', wrapped: false });
    return this.#lines[index] as { text: string; wrapped: boolean };
  }
}
