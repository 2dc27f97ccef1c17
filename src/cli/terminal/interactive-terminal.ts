import { terminalPlace } from '../../processes/foreground.js';
import type { BottomScreen } from './footer/bottom-screen.js';
import type { KeyQuestion } from './key-question.js';
import type { LineWriter } from './line-writer.js';
import { type KeyInput, listenForKeys, type Shortcut } from './shortcuts.js';

/** How often a program in the background checks whether it is in the foreground again: no signal reports it. */
const FOREGROUND_LOOK_MS = 1_000;
/** A program runs on for no longer than this after SIGTSTP, unless the system does not stop it at all. */
const STOP_TAKES_MS = 200;

/** What an InteractiveTerminal works with. */
export interface InteractiveParts {
  input: KeyInput;
  writer: LineWriter;
  shortcuts: readonly Shortcut[];
  question: KeyQuestion;
  /** Called on Ctrl-C. */
  interrupt(): void;
  /** Loads the footer, which takes longer than a start should. @returns undefined where there is to be none */
  loadScreen(): Promise<BottomScreen | undefined>;
}

/**
 * Keys and footer of a program in a terminal: taken while it is in the foreground, given back when it is suspended and
 * at the end, so that the terminal is then as it was before.
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

  /** Takes the terminal, as soon as this program is in its foreground. */
  async open(): Promise<void> {
    process.on('SIGCONT', this.#take);
    // An error that ends the program is printed where the footer stands.
    process.on('uncaughtExceptionMonitor', this.#close);
    process.on('exit', this.#close);
    // A closed terminal refuses everything. Closing it sends SIGHUP, which stops the dev server gracefully.
    this.#parts.input.on('error', () => this.abandon());
    // Not by stdout's 'resize', which misses a size that has changed back by the time Node.js reads it.
    process.on('SIGWINCH', this.#resized);
    await this.#take();
    const screen = await this.#parts.loadScreen();
    if (screen === undefined || this.#closed || this.#gone) return;
    this.#screen = screen;
    this.#parts.writer.writeTo(screen);
    if (this.#stopListening !== undefined) screen.show();
  }

  /** Clears the screen at the request of a person. */
  clear(): void {
    this.#screen?.clear();
  }

  /** Gives the terminal back permanently. Safe to call again. */
  close(): void {
    this.#close();
  }

  /** The terminal is gone: it is not written to anymore. */
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

  /** Takes keys and screen, also again: a shell may have changed the terminal's mode while this program was stopped. */
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

  /** Does what the terminal does on Ctrl-Z: stops this program with all of its job, npx or npm among them. */
  #suspend(): void {
    this.#give();
    process.kill(0, 'SIGTSTP');
    this.#look = setTimeout(this.#take, STOP_TAKES_MS).unref();
  }
}
