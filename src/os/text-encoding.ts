/** A text has an encoding other than UTF-8, or is not text. */
export class NotUtf8 extends Error {
  readonly code = 'EILSEQ';

  /** @param encoding in words, such as "encoded in UTF-16 (little endian)" */
  constructor(readonly encoding: string) {
    super(`it is ${encoding}`);
  }
}

/** Byte order marks, longest first, because the mark of UTF-32 (little endian) begins with the one of UTF-16. */
const MARKS: readonly [bytes: readonly number[], name: string][] = [
  [[0xff, 0xfe, 0, 0], 'encoded in UTF-32 (little endian)'],
  [[0, 0, 0xfe, 0xff], 'encoded in UTF-32 (big endian)'],
  [[0xff, 0xfe], 'encoded in UTF-16 (little endian)'],
  [[0xfe, 0xff], 'encoded in UTF-16 (big endian)'],
];

/**
 * Decodes UTF-8 and drops the byte order mark that some editors write. Invalid bytes become replacement characters, since
 * they are harmless in a comment.
 * @throws NotUtf8 for UTF-16 and UTF-32, which PowerShell and some Windows editors write, and for binary data
 */
export function decodeText(bytes: Buffer): string {
  const mark = MARKS.find(([start]) => start.every((byte, index) => bytes[index] === byte));
  if (mark !== undefined) throw new NotUtf8(mark[1]);
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw new NotUtf8(describeNul(bytes, nul));
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Describes a text with a NUL. In UTF-16 without a mark, every second byte of ASCII text is NUL. */
function describeNul(bytes: Buffer, first: number): string {
  const isTwin = bytes.length % 2 === 0 && first <= 1;
  if (isTwin && bytes.length >= 4 && bytes[first + 2] === 0) {
    return `encoded in UTF-16 (${first === 1 ? 'little' : 'big'} endian)`;
  }
  const line = bytes.subarray(0, first).toString('latin1').split('\n').length;
  return `not a text file (line ${line} contains a NUL character)`;
}
