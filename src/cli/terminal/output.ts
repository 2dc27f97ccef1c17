import { Chalk, type ChalkInstance } from 'chalk';
import { adaptJsonHints } from '../hints/json-hints.js';
import { cleanText } from './clean.js';
import { colorLevel } from './color-level.js';
import { Printed, render, type Text } from './text.js';

/** A stream that an Output can write to, such as process.stdout. */
export type OutputStream = Pick<
  NodeJS.WriteStream,
  'write' | 'writableLength' | 'once' | 'isTTY' | 'columns' | 'rows' | 'getColorDepth'
>;

/** Characters that JSON.stringify does not escape, but terminals interpret. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/g;

/**
 * The only path to a terminal, pipe or file: all printed text is neutralized here, and jamdev's own colors are added as
 * the last step.
 */
export class Output {
  readonly stream: OutputStream;
  /** Has the color level of the stream. */
  readonly chalk: ChalkInstance;
  /** Whether the colors in the output of backends are shown. */
  printedColors: boolean;
  /** Adapts the commands in jamdev's own text to where they are printed; see `Hints`. */
  adaptHints: (text: string) => string = (text) => text;

  constructor(stream: OutputStream) {
    this.stream = stream;
    this.chalk = new Chalk({ level: colorLevel(stream) });
    this.printedColors = this.chalk.level > 0;
  }

  /** Writes a line. */
  line(text: Text): void {
    this.stream.write(`${this.render(text)}\n`);
  }

  /**
   * Writes a message that may have several lines, such as an error with the last lines of a program. All lines except
   * the first are indented, so that none looks like a separate message.
   */
  lines(message: string): void {
    for (const [index, text] of message.split('\n').entries()) {
      this.line(index === 0 ? text : [text.startsWith('  ') ? '' : '  ', new Printed(text)]);
    }
  }

  /** Writes text of several lines that jamdev has laid out itself, such as help. */
  block(text: string): void {
    this.stream.write(this.adaptHints(text).split('\n').map(cleanText).join('\n'));
  }

  /** Writes a value as JSON, on one line unless an indentation is given. */
  json(value: unknown, indent = 0): void {
    this.stream.write(`${toSafeJson(value, indent)}\n`);
  }

  /** Writes text that is already JSON, including its newline. */
  rawJson(text: string): void {
    this.stream.write(escapeUnsafe(text));
  }

  /** Writes jamdev's own text as one line of JSON, and adapts its commands to where they are printed. */
  jsonWithHints(value: unknown): void {
    this.json(adaptJsonHints(value, this.adaptHints));
  }

  /** Renders a text without writing it. */
  render(text: Text): string {
    return render(text, this.chalk, this.printedColors, this.adaptHints);
  }
}

/** Converts a value to JSON in which everything that a terminal would interpret is escaped. */
export function toSafeJson(value: unknown, indent = 0): string {
  return escapeUnsafe(JSON.stringify(value, null, indent));
}

function escapeUnsafe(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
