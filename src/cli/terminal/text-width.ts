import stringWidth from 'string-width';

/** How many columns of a terminal a text takes. Most texts are plain, and don't need the tables of Unicode. */
export function textWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}
