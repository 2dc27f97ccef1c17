/** Escape sequences: CSI, OSC and other strings, and two-character ones. */
const ESCAPES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]/g;
const COLOUR = /^\u001b\[[0-9;:]*m$/;
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;
const ESCAPE = /\u001b/g;
const ESCAPE_WITHOUT_COLOUR = /\u001b(?!\[[0-9;:]*m)/g;

/**
 * Makes a line that a backend printed safe to show: colours may stay, but nothing that moves the cursor, clears the
 * screen, sets the title or rings the bell.
 * @param colours whether colours stay; by default where a person looks at a terminal
 */
export function cleanForTerminal(text: string, colours = process.stdout.isTTY && !process.env.NO_COLOR): string {
  const cleaned = text
    .replace(ESCAPES, (sequence) => (colours && COLOUR.test(sequence) ? sequence : ''))
    .replace(CONTROLS, '')
    // What was taken out can have stood between an escape and what now looks like its sequence.
    .replace(colours ? ESCAPE_WITHOUT_COLOUR : ESCAPE, '');
  return cleaned.includes('\u001b') ? `${cleaned}\u001b[0m` : cleaned;
}

/** A name or key as text that moves nothing and stays in its place, as a line of its own could pass for another's. */
export function cleanName(text: string): string {
  return cleanForTerminal(text, false).replaceAll(/[\n\t\u2028\u2029]/g, ' ');
}
