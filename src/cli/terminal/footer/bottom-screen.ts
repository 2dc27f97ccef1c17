import type { Clock } from '../../../os/clock.js';
import type { LogScreen } from '../line-writer.js';
import type { OutputStream } from '../output.js';
import type { TerminalSize } from './layout.js';
import { paint } from './paint.js';

/** The minimum time between two writes to the screen. Output in between is collected. */
export const FRAME_MS = 8;
/** How often ages and similar figures are updated while nothing else happens. */
export const TICK_MS = 1_000;
/** If this much of the log is waiting, it is written immediately, as without a footer. */
const MAX_WAITING_CHARACTERS = 512 * 1024;
/** Used for a terminal that does not report its size, or reports 0. */
const USUAL_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** Composes the footer. @param live unfinished lines, newest last */
export type ComposeFooter = (size: TerminalSize, live: readonly string[]) => string[];

/**
 * A terminal with the log above and a footer below. The log scrolls in the same way as without a footer: the footer is
 * erased before lines are added and redrawn below them, all in one write.
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

  /** Creates the screen with a hidden footer. */
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

  /** Handles a new size of the terminal. */
  resized(): void {
    if (this.#hidden) return;
    this.#redraw = true;
    this.#paintSoon();
  }

  /** Clears the screen, but not the scrollback. */
  clear(): void {
    if (!this.#hidden) this.#paint(true);
  }

  /** Shows the footer from now on below the cursor, which must be at the beginning of a line. */
  show(): void {
    // After the program was stopped and resumed, the content of the screen has moved.
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

  /** Stops using a closed terminal, without writing to it. */
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
      // After idle time, the frame is painted at once, so that the program does not wake up a second time for it.
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
    // Measured from the end of the write, so that a slow terminal is not busy only with footers.
    this.#paintedAtMs = this.#clock.monotonicMs();
  }
}
