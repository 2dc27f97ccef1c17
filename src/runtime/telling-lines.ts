/** What Node.js prints around the message of an uncaught error: the stack, marks below the source, its version. */
const AROUND_ERRORS = /^\s+at |^[\s^~{}]*$|^Node\.js v\d/;
const ERROR = /^(?:Uncaught )?[A-Z]\w*(?:Error|Exception)\b/;

/** The last lines of output that say something, the newest last: without stacks and empty lines. */
export function lastTellingLines(output: string, count: number): string[] {
  return tellingLines(output).slice(-count);
}

/** The line that says best why a program has ended: its last error, or else the last that says something; '': none does. */
export function findEndReason(output: string): string {
  const lines = tellingLines(output);
  return lines.findLast((line) => ERROR.test(line)) ?? lines.at(-1) ?? '';
}

function tellingLines(output: string): string[] {
  return output.split('\n').filter((line) => !AROUND_ERRORS.test(line));
}
