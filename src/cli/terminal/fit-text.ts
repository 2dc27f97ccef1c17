/** How many columns of a terminal a text takes; string-width, which is loaded late. */
export type WidthOf = (text: string) => number;

const CUT_MARK = '...';

/** The beginning of a text that fits into a number of columns; a wide character takes two, and is never split. */
export function sliceToWidth(text: string, columns: number, widthOf: WidthOf): string {
  if (text.length <= columns && /^[ -~]*$/.test(text)) return text;
  let width = 0;
  let fitting = '';
  // What a person sees as one character can be several, such as a flag or a family.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    fitting += segment;
  }
  return fitting;
}

/** The beginning and the end of a text, in a number of columns; keys often differ only at their end. */
export function fitMiddle(text: string, columns: number, widthOf: WidthOf): string {
  if (widthOf(text) <= columns) return text;
  const room = columns - CUT_MARK.length;
  if (room < 2) return sliceToWidth(text, columns, widthOf);
  const end = sliceEnd(text, Math.floor(room / 2), widthOf);
  return `${sliceToWidth(text, room - widthOf(end), widthOf)}${CUT_MARK}${end}`;
}

/** The end of a text that fits into a number of columns. */
function sliceEnd(text: string, columns: number, widthOf: WidthOf): string {
  let width = 0;
  let fitting = '';
  for (const { segment } of [...new Intl.Segmenter().segment(text)].reverse()) {
    width += widthOf(segment);
    if (width > columns) break;
    fitting = segment + fitting;
  }
  return fitting;
}

/** The same as {@link sliceToWidth}; where something was cut off, three dots take its place. */
export function fitToWidth(text: string, columns: number, widthOf: WidthOf): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= CUT_MARK.length) return sliceToWidth(text, columns, widthOf);
  return `${sliceToWidth(text, columns - CUT_MARK.length, widthOf)}${CUT_MARK}`;
}
