/** Synchronized output: terminals that support it show all changes in between at once; others ignore it. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
/**
 * Turns line wrap off while the footer is written: a line that is too long for a terminal that has just shrunk must not
 * take two lines.
 */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const LINE_START = '\r';
const ERASE_TO_LINE_END = '\u001b[K';
/**
 * Does not start in the first column of the screen: tmux treats that as clearing everything, and keeps the old content
 * in its scrollback.
 */
const ERASE_BELOW = `${LINE_START}${ERASE_TO_LINE_END}\u001b[C\u001b[J${LINE_START}`;
const HOME_AND_ERASE_ALL = '\u001b[H\u001b[2J';

/** The desired content of the screen. */
export interface Frame {
  /** Whole lines to add to the log. */
  log: string;
  /** The footer, its first line first. */
  footer: readonly string[];
  /** Whether to redraw the whole footer, for example after a resize. */
  redraw?: boolean;
  /** Whether to clear the screen first. */
  clear?: boolean;
}

/**
 * Makes the text that takes a terminal from one frame to the next. The cursor stays at the beginning of the footer's
 * first line, where the next line of the log will be. It stays with that line whether or not a resized terminal rewraps
 * its lines. Everything below the cursor is therefore always the footer, however many lines it takes. The cursor never
 * moves above that line.
 * @param shown the footer currently on the screen
 * @returns '' if nothing changes
 */
export function paint(shown: readonly string[], { log, footer, redraw = false, clear = false }: Frame): string {
  if (log === '' && !redraw && !clear && footer.length === shown.length) return repaint(shown, footer);
  const erase = shown.length > 0 || redraw || clear ? ERASE_BELOW : '';
  // The footer is erased before the screen is cleared, because some terminals keep cleared content in their scrollback.
  const text = `${erase}${log}${clear ? HOME_AND_ERASE_ALL : ''}`;
  if (footer.length === 0) return text === '' ? '' : `${BEGIN}${text}${END}`;
  const up = footer.length === 1 ? '' : `\u001b[${footer.length - 1}A`;
  return `${BEGIN}${text}${WRAP_OFF}${footer.join('\r\n')}${up}${LINE_START}${WRAP_ON}${END}`;
}

/** Makes the text that rewrites only the changed lines. */
function repaint(shown: readonly string[], footer: readonly string[]): string {
  let text = '';
  let at = 0;
  for (const [index, line] of footer.entries()) {
    if (line === shown[index]) continue;
    // Line feeds scroll at the edge, where cursor movement would stop: a terminal that shrank may have cut off the
    // footer's last lines before it reports that, and the cursor must move up exactly as far as it moved down.
    text += `${'\n'.repeat(index - at)}${LINE_START}${line}${ERASE_TO_LINE_END}`;
    at = index;
  }
  if (text === '') return '';
  const up = at === 0 ? '' : `\u001b[${at}A`;
  return `${BEGIN}${WRAP_OFF}${text}${up}${LINE_START}${WRAP_ON}${END}`;
}
