import { terminalPlace } from '../../processes/foreground.js';
import type { BottomScreen } from './footer/bottom-screen.js';
import type { KeyQuestion } from './key-question.js';
import type { LineWriter } from './line-writer.js';
import { type KeyInput, listenForKeys, type Shortcut } from './shortcuts.js';

/** How often a background program checks whether it is in the foreground again, because no signal reports that. */
const FOREGROUND_LOOK_MS = 1_000;
/** The program is stopped within this time after SIGTSTP, unless the system does not stop it at all. */
const STOP_TAKES_MS = 200;

/** The dependencies of an InteractiveTerminal. */
export interface InteractiveParts {
  input: KeyInput;
  writer: LineWriter;
  shortcuts: readonly Shortcut[];
  question: KeyQuestion;
  /** Called on Ctrl-C. */
  interrupt(): void;
  /** Loads the footer, which would slow down the start. @returns undefined if there is no footer */
  loadScreen(): Promise<BottomScreen | undefined>;
}

/**
 * The keys and footer of a program in a terminal. Takes over the terminal while in the foreground, and restores it when
 * suspended and at the end.
 */
export class InteractiveTerminal {
  readonly #parts: InteractiveParts;
  #screen: BottomScreen | undefined;
  #stopListening: (() => void) | undefined;
  #closed = false;
  #gone = false;
  #look: NodeJS.Timeout | undefined;

  constructor(parts: InteractiveParts) {
    this.#parts = parts;
  }

  /** Takes over the terminal as soon as this program is in the foreground. */
  async open(): Promise<void> {
    process.on('SIGCONT', this.#take);
    // An error that ends the program is printed in place of the footer.
    process.on('uncaughtExceptionMonitor', this.#close);
    process.on('exit', this.#close);
    // All calls fail on a closed terminal. Closing it also sends SIGHUP, which stops the dev server gracefully.
    this.#parts.input.on('error', () => this.abandon());
    // stdout's 'resize' event is not used, because it misses a size that has changed back by the time Node.js reads it.
    process.on('SIGWINCH', this.#resized);
    await this.#take();
    const screen = await this.#parts.loadScreen();
    if (screen === undefined || this.#closed || this.#gone) return;
    this.#screen = screen;
    this.#parts.writer.writeTo(screen);
    if (this.#stopListening !== undefined) screen.show();
  }

  /** Clears the screen on a key press. */
  clear(): void {
    this.#screen?.clear();
  }

  /** Restores the terminal permanently. Safe to call again. */
  close(): void {
    this.#close();
  }

  /** Handles a closed terminal: no more writes. */
  abandon(): void {
    this.#gone = true;
    this.#screen?.abandon();
  }

  readonly #close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#look);
    process.off('SIGCONT', this.#take);
    process.off('uncaughtExceptionMonitor', this.#close);
    process.off('exit', this.#close);
    process.off('SIGWINCH', this.#resized);
    this.#give();
    this.#parts.writer.writeTo(undefined);
  };

  readonly #resized = (): void => this.#screen?.resized();

  /**
   * Takes over keys and screen. May be called repeatedly, because a shell may have changed the terminal's mode while
   * this program was stopped.
   */
  readonly #take = async (): Promise<void> => {
    clearTimeout(this.#look);
    const allowed = (await terminalPlace()) !== 'background';
    if (this.#closed) return;
    this.#give();
    if (!allowed) {
      this.#look = setTimeout(this.#take, FOREGROUND_LOOK_MS).unref();
      return;
    }
    const { input, shortcuts, question, interrupt } = this.#parts;
    const control = { interrupt, suspend: () => this.#suspend() };
    this.#stopListening = listenForKeys(input, shortcuts, question, control);
    this.#screen?.show();
  };

  #give(): void {
    this.#screen?.hide();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** Stops the whole job, including npx or npm, as the terminal does on Ctrl-Z. */
  #suspend(): void {
    this.#give();
    process.kill(0, 'SIGTSTP');
    this.#look = setTimeout(this.#take, STOP_TAKES_MS).unref();
  }
}
