import stringWidth from 'string-width';

/** Measures a text in terminal columns. Most texts are ASCII, and don't need the Unicode tables. */
export function textWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}
