/** All characters that a terminal could interpret. Lines may contain only tabs and, if enabled, colors. */
const SPECIAL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]/;
/** All kinds of line breaks that a terminal or browser interprets. */
const LINE_ENDS = /\r?\n|[\u000b\u000c\u0085\u2028\u2029]/g;
/**
 * C0 except tab, return and the beginnings of sequences (BEL, ESC), DEL, C1, and marks that change the direction of
 * text: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
 */
const CONTROLS =
  /[\u0000-\u0006\u0008\u000e-\u001a\u001c-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/g;
/** CSI; OSC, DCS, SOS, PM and APC with their strings; two-character sequences; unterminated sequences; a lone ESC. */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?/g;
const COLOR = /^\u001b\[[0-9;:]*m$/;
const BELL = /\u0007/g;
const RESET = '\u001b[0m';

/**
 * Makes a line from a program safe to show: colors may stay, but nothing that moves the cursor, clears the screen, sets
 * the title, writes to the clipboard, rings the bell or changes the direction of text. Of parts that a program printed
 * over each other, separated by `\r`, only the last one is shown.
 * @param colors whether colors stay; they end with the line
 */
export function cleanOutput(text: string, colors: boolean): string {
  if (!SPECIAL.test(text)) return text;
  const cleaned = lastPart(text.replace(LINE_ENDS, ' '))
    .replace(CONTROLS, '')
    .replace(SEQUENCES, (sequence) => (colors && COLOR.test(sequence) ? sequence : ''))
    .replace(BELL, '');
  return cleaned.includes('\u001b') ? `${cleaned}${RESET}` : cleaned;
}

/** Makes any text, such as a key, a path or a message, safe to show: it moves no cursor and stays on one line. */
export function cleanText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .replace(LINE_ENDS, ' ')
    .replace(/[\t\r]/g, ' ')
    .replace(CONTROLS, '')
    .replace(SEQUENCES, '')
    .replace(BELL, '');
}

/** Returns the visible end of a line whose parts were printed over each other, as progress bars do. */
export function lastPart(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return end === 0 ? '' : line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}
