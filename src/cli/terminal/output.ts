import { Chalk, type ChalkInstance } from 'chalk';
import { adaptJsonHints } from '../hints/json-hints.js';
import { cleanText } from './clean.js';
import { colorLevel } from './color-level.js';
import { Printed, render, type Text } from './text.js';

/** What an Output writes to; process.stdout fits. */
export type OutputStream = Pick<
  NodeJS.WriteStream,
  'write' | 'writableLength' | 'once' | 'isTTY' | 'columns' | 'rows' | 'getColorDepth'
>;

/** What JSON.stringify leaves as it is though a terminal would obey it. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/g;

/**
 * The only way to a terminal, pipe or file: everything that is printed is neutralized here, and jamdev's own colors are
 * added as the last step.
 */
export class Output {
  readonly stream: OutputStream;
  /** With or without colors, as the stream is. */
  readonly chalk: ChalkInstance;
  /** Whether the colors of what backends print are shown. */
  printedColors: boolean;
  /** Makes commands in jamdev's own text work where they are printed; see `Hints`. */
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
   * Writes a message that can have several lines, such as an error with the last lines of a program. All but the first are
   * indented, so that none can be mistaken for a message of its own.
   */
  lines(message: string): void {
    for (const [index, text] of message.split('\n').entries()) {
      this.line(index === 0 ? text : [text.startsWith('  ') ? '' : '  ', new Printed(text)]);
    }
  }

  /** Writes text of several lines that jamdev itself has laid out, such as help. */
  block(text: string): void {
    this.stream.write(this.adaptHints(text).split('\n').map(cleanText).join('\n'));
  }

  /** Writes a value as JSON, in one line unless there is an indentation. */
  json(value: unknown, indent = 0): void {
    this.stream.write(`${toSafeJson(value, indent)}\n`);
  }

  /** Writes what is JSON already, with its newline. */
  rawJson(text: string): void {
    this.stream.write(escapeUnsafe(text));
  }

  /** Writes jamdev's own words as JSON, in one line: commands in them work where they are printed. */
  jsonWithHints(value: unknown): void {
    this.json(adaptJsonHints(value, this.adaptHints));
  }

  /** Turns a text into what would be written. */
  render(text: Text): string {
    return render(text, this.chalk, this.printedColors, this.adaptHints);
  }
}

/** JSON with the true values, in which everything that a terminal would obey is escaped. */
export function toSafeJson(value: unknown, indent = 0): string {
  return escapeUnsafe(JSON.stringify(value, null, indent));
}

function escapeUnsafe(json: string): string {
  return json.replace(UNESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
