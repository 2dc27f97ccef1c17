import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';

/** A position in a text, counted from 1 as in editors. */
export interface Position {
  line: number;
  column: number;
}

/** Returns line and column of an offset in a text. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/**
 * Finds the position and the cause of a JSON syntax error. Node.js' own message does not always contain the position.
 * @param text a text that JSON.parse rejected
 */
export function findJsonError(text: string): Position & { detail: string } {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    // Thousands of nested brackets exceed the stack. Only an error before them has a position.
    if (!(error instanceof RangeError)) throw error;
    if (errors[0] === undefined) return { line: 1, column: 1, detail: 'it is nested too deeply' };
  }
  const first = errors[0];
  if (first === undefined) return { ...positionAt(text, text.length), detail: 'it is not valid JSON' };
  return { ...positionAt(text, first.offset), detail: inWords(printParseErrorCode(first.error)) };
}

/** Converts a code to words: `CommaExpected` becomes `comma expected`. */
function inWords(code: string): string {
  return code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}
