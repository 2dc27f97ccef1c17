import type { KeyQuestion } from './key-question.js';

/** A key with an action while the dev server runs in a terminal. */
export interface Shortcut {
  key: string;
  /** A word for the footer. */
  label: string;
  /** A sentence for the help. */
  description: string;
  action(): void;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';
const ESCAPE = '\u001b';
/** Arrows, function keys and Alt arrive as ESC followed by characters that must not count as keys: down is ESC [ B. */
const ESCAPE_SEQUENCES = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|O\\P{Cc}|\\P{Cc})?`, 'gu');

/** The input of the terminal, such as process.stdin. */
export type KeyInput = Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

/** Handlers of keys that the terminal itself handles unless it is in raw mode. */
export interface ControlKeys {
  /** Ctrl-C. */
  interrupt(): void;
  /** Ctrl-Z. */
  suspend(): void;
}

/**
 * Listens for single keys in raw mode, in which Ctrl-C is an ordinary key.
 * @param question receives the next key while it is open; Escape counts as a key only then
 * @returns a function that stops listening and restores the terminal
 */
export function listenForKeys(
  input: KeyInput,
  shortcuts: readonly Shortcut[],
  question: KeyQuestion,
  control: ControlKeys,
): () => void {
  const onData = (data: Buffer) => {
    if (data.toString('utf8') === ESCAPE) return void question.take(ESCAPE);
    for (const key of data.toString('utf8').replace(ESCAPE_SEQUENCES, '')) {
      if (key === CTRL_C || key === CTRL_D) control.interrupt();
      else if (key === CTRL_Z) control.suspend();
      else if (!question.take(key.toLowerCase()))
        shortcuts.find((shortcut) => shortcut.key === key.toLowerCase())?.action();
    }
  };
  input.setRawMode(true);
  input.resume();
  input.on('data', onData);
  return () => {
    input.off('data', onData);
    input.setRawMode(false);
    input.pause();
  };
}

/** Formats the shortcuts as a table, one line each. */
export function shortcutTable(shortcuts: readonly Shortcut[]): string[] {
  return shortcuts.map(({ key, description }) => `  ${key}  ${description}`);
}
