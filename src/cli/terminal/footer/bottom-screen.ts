import type { Clock } from '../../../os/clock.js';
import type { LogScreen } from '../line-writer.js';
import type { OutputStream } from '../output.js';
import type { TerminalSize } from './layout.js';
import { paint } from './paint.js';

/** The screen is written to this often at most; what was printed meanwhile is written at once. */
export const FRAME_MS = 8;
/** Ages and similar figures are updated this often while nothing else happens. */
export const TICK_MS = 1_000;
/** This much of the log is written at once, no sooner or later than it would be without a footer. */
const MAX_WAITING_CHARACTERS = 512 * 1024;
/** For a terminal that does not report its size, or reports 0. */
const USUAL_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** Composes the footer. @param live lines that are not finished, the newest last */
export type ComposeFooter = (size: TerminalSize, live: readonly string[]) => string[];

/**
 * A terminal with the log above and a footer below. The log scrolls as it would without; the footer is taken away
 * before lines are added and put below them again, all in one write.
 */
export class BottomScreen implements LogScreen {
  readonly #stream: OutputStream;
  readonly #clock: Clock;
  readonly #compose: ComposeFooter;
  #shown: readonly string[] = [];
  #waiting = '';
  #live: readonly string[] = [];
  #redraw = false;
  #hidden = true;
  #paintedAtMs = Number.NEGATIVE_INFINITY;
  #cancelFrame: (() => void) | undefined;
  #cancelTick: () => void = () => undefined;

  /** It is hidden at first. */
  constructor(stream: OutputStream, clock: Clock, compose: ComposeFooter) {
    this.#stream = stream;
    this.#clock = clock;
    this.#compose = compose;
  }

  append(text: string): void {
    this.#waiting += text;
    if (this.#hidden || this.#waiting.length > MAX_WAITING_CHARACTERS) this.#paint();
    else this.#paintSoon();
  }

  live(lines: readonly string[]): void {
    if (lines.length === this.#live.length && lines.every((line, index) => line === this.#live[index])) return;
    this.#live = lines;
    this.#paintSoon();
  }

  /** The terminal has another size now. */
  resized(): void {
    if (this.#hidden) return;
    this.#redraw = true;
    this.#paintSoon();
  }

  /** Clears the screen; what has scrolled out of it stays. */
  clear(): void {
    if (!this.#hidden) this.#paint(true);
  }

  /** Shows the footer from now on, below a cursor that has to be at the beginning of a line. */
  show(): void {
    // After the program was stopped and continued, nothing on the screen is where it was.
    this.#shown = [];
    this.#redraw = true;
    this.#hidden = false;
    this.#paint();
    this.#cancelTick();
    this.#tick();
  }

  /** Removes the footer; the log continues without it. */
  hide(): void {
    if (this.#hidden) return;
    this.#hidden = true;
    this.#cancelTick();
    this.#paint();
  }

  /** Stops using a terminal that is gone, without writing to it. */
  abandon(): void {
    this.#hidden = true;
    this.#shown = [];
    this.#waiting = '';
    this.#redraw = false;
    this.#cancelTick();
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
  }

  #tick(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      // An idle program wakes up once for it, not again for a frame.
      if (this.#cancelFrame === undefined && this.#untilFrameMs <= 0) this.#paint();
      else this.#paintSoon();
      this.#tick();
    });
  }

  get #untilFrameMs(): number {
    return this.#paintedAtMs + FRAME_MS - this.#clock.monotonicMs();
  }

  #paintSoon(): void {
    if (this.#hidden || this.#cancelFrame !== undefined) return;
    this.#cancelFrame = this.#clock.after(Math.max(0, this.#untilFrameMs), () => this.#paint());
  }

  #paint(clear = false): void {
    this.#cancelFrame?.();
    this.#cancelFrame = undefined;
    const size = {
      columns: this.#stream.columns || USUAL_SIZE.columns,
      rows: this.#stream.rows || USUAL_SIZE.rows,
    };
    const footer = this.#hidden ? [] : this.#compose(size, this.#live);
    const text = paint(this.#shown, { log: this.#waiting, footer, redraw: this.#redraw, clear });
    this.#shown = footer;
    this.#waiting = '';
    this.#redraw = false;
    if (text !== '') this.#stream.write(text);
    // Counted from the end of the write, so that a slow terminal is not kept busy with footers alone.
    this.#paintedAtMs = this.#clock.monotonicMs();
  }
}
