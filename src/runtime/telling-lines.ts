/**
 * Lines that Node.js prints around the message of an uncaught error: the stack, marks below the source, and the
 * version.
 */
const AROUND_ERRORS = /^\s+at |^[\s^~{}]*$|^Node\.js v\d/;
const ERROR = /^(?:Uncaught )?[A-Z]\w*(?:Error|Exception)\b/;

/** Returns the last meaningful lines of output, newest last, without stacks and empty lines. */
export function lastTellingLines(output: string, count: number): string[] {
  return tellingLines(output).slice(-count);
}

/**
 * Returns the line that best explains why a program has ended: its last error, otherwise its last meaningful line, or
 * ''.
 */
export function findEndReason(output: string): string {
  const lines = tellingLines(output);
  return lines.findLast((line) => ERROR.test(line)) ?? lines.at(-1) ?? '';
}

function tellingLines(output: string): string[] {
  return output.split('\n').filter((line) => !AROUND_ERRORS.test(line));
}
