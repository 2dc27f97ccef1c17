/** Synchronized output: terminals that support it show everything in between at once; others ignore it. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
/**
 * Line wrap, off while the footer is written: a line too long for a terminal that just shrank must not take two lines.
 */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const LINE_START = '\r';
const ERASE_TO_LINE_END = '\u001b[K';
/**
 * Not from the first column of the screen: tmux treats that as clearing all, and keeps the old content in its
 * scrollback.
 */
const ERASE_BELOW = `${LINE_START}${ERASE_TO_LINE_END}\u001b[C\u001b[J${LINE_START}`;
const HOME_AND_ERASE_ALL = '\u001b[H\u001b[2J';

/** The desired content of the screen. */
export interface Frame {
  /** Whole lines to add to the log. */
  log: string;
  /** The footer, its first line first. */
  footer: readonly string[];
  /** Redraw the whole footer, as after a resize. */
  redraw?: boolean;
  /** Clear the screen first. */
  clear?: boolean;
}

/**
 * Makes the text that takes a terminal from one frame to the next. The cursor stays at the beginning of the footer's
 * first line, where the next line of the log will be. It stays with that line when a resized terminal rewraps its
 * lines, or doesn't; so everything below the cursor is always the footer, however many lines it takes. The cursor never
 * moves above that line.
 * @param shown the footer on the screen now
 * @returns '' when nothing changes
 */
export function paint(shown: readonly string[], { log, footer, redraw = false, clear = false }: Frame): string {
  if (log === '' && !redraw && !clear && footer.length === shown.length) return repaint(shown, footer);
  const erase = shown.length > 0 || redraw || clear ? ERASE_BELOW : '';
  // Erase the footer before clearing the screen: some terminals keep cleared content in their scrollback.
  const text = `${erase}${log}${clear ? HOME_AND_ERASE_ALL : ''}`;
  if (footer.length === 0) return text === '' ? '' : `${BEGIN}${text}${END}`;
  const up = footer.length === 1 ? '' : `\u001b[${footer.length - 1}A`;
  return `${BEGIN}${text}${WRAP_OFF}${footer.join('\r\n')}${up}${LINE_START}${WRAP_ON}${END}`;
}

/** Makes the text that rewrites only changed lines. */
function repaint(shown: readonly string[], footer: readonly string[]): string {
  let text = '';
  let at = 0;
  for (const [index, line] of footer.entries()) {
    if (line === shown[index]) continue;
    // Line feeds scroll where cursor movement would stop at the edge: a terminal that shrank may have cut off the
    // footer's last lines before it reports that, and the cursor must move up as far as it moved down.
    text += `${'\n'.repeat(index - at)}${LINE_START}${line}${ERASE_TO_LINE_END}`;
    at = index;
  }
  if (text === '') return '';
  const up = at === 0 ? '' : `\u001b[${at}A`;
  return `${BEGIN}${WRAP_OFF}${text}${up}${LINE_START}${WRAP_ON}${END}`;
}
