/** Measures a text in terminal columns. Implemented by string-width, which is loaded late. */
export type WidthOf = (text: string) => number;

const CUT_MARK = '...';

/**
 * Returns the beginning of a text that fits into a number of columns. A wide character takes two columns, and is never
 * split.
 */
export function sliceToWidth(text: string, columns: number, widthOf: WidthOf): string {
  if (text.length <= columns && /^[ -~]*$/.test(text)) return text;
  let width = 0;
  let fitting = '';
  // A visible character can consist of several code points, such as a flag or a family.
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    fitting += segment;
  }
  return fitting;
}

/** Shortens a text in the middle to fit into a number of columns, because keys often differ only at the end. */
export function fitMiddle(text: string, columns: number, widthOf: WidthOf): string {
  if (widthOf(text) <= columns) return text;
  const room = columns - CUT_MARK.length;
  if (room < 2) return sliceToWidth(text, columns, widthOf);
  const end = sliceEnd(text, Math.floor(room / 2), widthOf);
  return `${sliceToWidth(text, room - widthOf(end), widthOf)}${CUT_MARK}${end}`;
}

/** Returns the end of a text that fits into a number of columns. */
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

/** Shortens a text like {@link sliceToWidth}, and marks the cut with three dots. */
export function fitToWidth(text: string, columns: number, widthOf: WidthOf): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= CUT_MARK.length) return sliceToWidth(text, columns, widthOf);
  return `${sliceToWidth(text, columns - CUT_MARK.length, widthOf)}${CUT_MARK}`;
}
