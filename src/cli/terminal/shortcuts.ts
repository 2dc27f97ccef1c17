import type { KeyQuestion } from './key-question.js';

/** A key that does something while the dev server runs in a terminal. */
export interface Shortcut {
  key: string;
  /** In a word, for the footer. */
  label: string;
  /** In a sentence, for the help. */
  description: string;
  action(): void;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';
const ESCAPE = '\u001b';
/** Arrows, function keys and Alt come as an escape and characters that are no keys of their own: down is ESC [ B. */
const ESCAPE_SEQUENCES = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|O\\P{Cc}|\\P{Cc})?`, 'gu');

/** The terminal's input; process.stdin fits. */
export type KeyInput = Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

/** What the terminal itself does on these keys, unless it is in raw mode. */
export interface ControlKeys {
  /** Ctrl-C. */
  interrupt(): void;
  /** Ctrl-Z. */
  suspend(): void;
}

/**
 * Listens for single keys in raw mode, in which Ctrl-C is a key as well.
 * @param question gets the next key if it is open; Escape is a key only then
 * @returns stops listening and gives the terminal back as it was
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

/** The shortcuts as a table, one line each. */
export function shortcutTable(shortcuts: readonly Shortcut[]): string[] {
  return shortcuts.map(({ key, description }) => `  ${key}  ${description}`);
}
