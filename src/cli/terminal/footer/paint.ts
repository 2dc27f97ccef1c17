/** A terminal that knows these shows what comes between them at once; the others ignore them. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
/** Off while the footer is written: a line that is too long for a terminal that has just shrunk must not take two. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const LINE_START = '\r';
const ERASE_TO_LINE_END = '\u001b[K';
/** Not from the screen's first column on: tmux takes that for clearing all, and keeps what was there in its scrollback. */
const ERASE_BELOW = `${LINE_START}${ERASE_TO_LINE_END}\u001b[C\u001b[J${LINE_START}`;
const HOME_AND_ERASE_ALL = '\u001b[H\u001b[2J';

/** What is to be on the screen. */
export interface Frame {
  /** Whole lines to be added to the log. */
  log: string;
  /** The footer, its first line first. */
  footer: readonly string[];
  /** Write all of the footer again, as after a resize. */
  redraw?: boolean;
  /** Clear the screen first. */
  clear?: boolean;
}

/**
 * The text that takes a terminal from one frame to the next. The cursor rests at the beginning of the footer's first
 * line, where the next line of the log will be. It stays with that line when a terminal is resized and wraps its
 * lines again, or not; so the footer is always all that stands below the cursor, however many lines it has come to take.
 * Nothing here ever moves above that line.
 * @param shown the footer on the screen now
 * @returns '' when nothing has to change
 */
export function paint(shown: readonly string[], { log, footer, redraw = false, clear = false }: Frame): string {
  if (log === '' && !redraw && !clear && footer.length === shown.length) return repaint(shown, footer);
  const erase = shown.length > 0 || redraw || clear ? ERASE_BELOW : '';
  // The footer is gone before the screen is cleared: some terminals keep what was cleared in their scrollback.
  const text = `${erase}${log}${clear ? HOME_AND_ERASE_ALL : ''}`;
  if (footer.length === 0) return text === '' ? '' : `${BEGIN}${text}${END}`;
  const up = footer.length === 1 ? '' : `\u001b[${footer.length - 1}A`;
  return `${BEGIN}${text}${WRAP_OFF}${footer.join('\r\n')}${up}${LINE_START}${WRAP_ON}${END}`;
}

/** Writes only the lines that have changed. */
function repaint(shown: readonly string[], footer: readonly string[]): string {
  let text = '';
  let at = 0;
  for (const [index, line] of footer.entries()) {
    if (line === shown[index]) continue;
    // By line feeds, which scroll where the cursor would only be held up: a terminal that has shrunk may have cut off
    // the footer's last lines before it tells, and the way up must be as long as the way down was.
    text += `${'\n'.repeat(index - at)}${LINE_START}${line}${ERASE_TO_LINE_END}`;
    at = index;
  }
  if (text === '') return '';
  const up = at === 0 ? '' : `\u001b[${at}A`;
  return `${BEGIN}${WRAP_OFF}${text}${up}${LINE_START}${WRAP_ON}${END}`;
}
