import type { ChalkInstance } from 'chalk';
import { cleanOutput, cleanText } from './clean.js';

/** Styles of a piece of text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'blue';

/**
 * A line for a terminal, in pieces. A string is always shown as plain text. Only {@link Styled} or {@link Printed}
 * pieces can have colors, and no piece can contain other control sequences.
 */
export type Text = string | number | Styled | Printed | readonly Text[];

/** A piece of text that jamdev styles. */
export class Styled {
  constructor(
    readonly style: Style,
    readonly content: Text,
  ) {}
}

/** A line from a program, whose colors stay if they are enabled. */
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

/** Joins pieces, such as compose`${bold(name)} is ready`. */
export function compose(strings: TemplateStringsArray, ...pieces: Text[]): Text {
  return strings.flatMap((literal, index) => [literal, pieces[index] ?? '']);
}

/**
 * Renders a text for a terminal.
 * @param chalk with the color level of the terminal
 * @param printedColors whether the colors of {@link Printed} stay
 * @param adapt changes jamdev's own text
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

/** Converts a text to plain text that is still safe to show. */
export function plain(text: Text): string {
  if (typeof text === 'string') return cleanText(text);
  if (typeof text === 'number') return String(text);
  if (text instanceof Styled) return plain(text.content);
  if (text instanceof Printed) return cleanOutput(text.line, false);
  return text.map(plain).join('');
}
