import type { ChalkInstance } from 'chalk';
import { cleanOutput, cleanText } from './clean.js';

/** How a piece of text may look. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'blue';

/**
 * A line for a terminal, in pieces. A string is shown as plain text, whatever is in it: only what is given as
 * {@link Styled} or {@link Printed} can have colors, and nothing can do more.
 */
export type Text = string | number | Styled | Printed | readonly Text[];

/** A piece of text with a look that jamdev gives it. */
export class Styled {
  constructor(
    readonly style: Style,
    readonly content: Text,
  ) {}
}

/** A line that a program printed: its colors stay where they are wanted. */
export class Printed {
  constructor(readonly line: string) {}
}

const styled = (style: Style) => (content: Text) => new Styled(style, content);

export const bold = styled('bold');
export const dim = styled('dim');
export const red = styled('red');
export const green = styled('green');
export const yellow = styled('yellow');
export const cyan = styled('cyan');
export const magenta = styled('magenta');
export const blue = styled('blue');

/** Puts pieces together, as in compose`${bold(name)} is ready`. */
export function compose(strings: TemplateStringsArray, ...pieces: Text[]): Text {
  return strings.flatMap((literal, index) => [literal, pieces[index] ?? '']);
}

/**
 * Turns a text into what is written to a terminal.
 * @param chalk with or without colors, as the terminal is
 * @param printedColors whether the colors of {@link Printed} stay
 * @param adapt changes what is not of another program
 */
export function render(
  text: Text,
  chalk: ChalkInstance,
  printedColors: boolean,
  adapt: (text: string) => string = (own) => own,
): string {
  if (typeof text === 'string') return cleanText(adapt(text));
  if (typeof text === 'number') return String(text);
  if (text instanceof Styled) return chalk[text.style](render(text.content, chalk, printedColors, adapt));
  if (text instanceof Printed) return cleanOutput(text.line, printedColors);
  let rendered = '';
  for (const piece of text) rendered += render(piece, chalk, printedColors, adapt);
  return rendered;
}

/** Turns a text into plain text, still safe to show. */
export function plain(text: Text): string {
  if (typeof text === 'string') return cleanText(text);
  if (typeof text === 'number') return String(text);
  if (text instanceof Styled) return plain(text.content);
  if (text instanceof Printed) return cleanOutput(text.line, false);
  return text.map(plain).join('');
}
