import fc from 'fast-check';

/** Mostly valid, sometimes not. */
export function mostly<T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>, weight = 8): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

/** Any bytes, one character each. */
export function bytes(maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((each) => Buffer.from(each).toString('latin1'));
}

/** Where a text is split into pieces that are sent one by one. */
export const cuts: fc.Arbitrary<number[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<number[]>([]) },
  fc.array(fc.nat(400), { maxLength: 4 }),
);

/** The pieces of a text split in some places. */
export function piecesOf(text: string, places: readonly number[]): string[] {
  const at = [...new Set([0, ...places.filter((each) => each < text.length), text.length])].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

/** One valid header line without its end. */
export const honestHeader = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('Accept: */*', 'Content-Type: text/plain', 'Cookie: a=b; c=d', 'X-A: b') },
  fc
    .tuple(fc.stringMatching(/^X-[a-zA-Z0-9-]{1,12}$/), fc.stringMatching(/^[ -~]{0,40}$/))
    .map((each) => each.join(': ')),
  fc.constantFrom(
    'X-Empty:',
    'X-Latin: caf\xe9',
    'X-Utf: \xc3\xa9\xf0\x9f\x94\x91',
    'X-Tab: a\tb',
    'x-twice: 1\r\nX-Twice: 2',
  ),
);

/** Invalid header lines. */
export const brokenHeader = fc.oneof(
  fc.constantFrom(
    'X-Control: a\x01b',
    'X-Nul: a\0b',
    'X-Delete: a\x7fb',
    'X Space: a',
    'X-Before : a',
    ': empty',
    'no colon',
    'X-Fold: a\r\n folded',
    'X-Bare: a\nb: c',
    'X-Return: a\rb: c',
    '\xe9: name',
    '',
    ' leading: a',
  ),
  bytes(30),
);

/** Headers of a size that some readers refuse. */
export const largeHeader = fc.constantFrom(
  `X-Large: ${'a'.repeat(12_000)}`,
  `X-Large: ${'a'.repeat(20_000)}`,
  `X-Large: ${'a'.repeat(70_000)}`,
  Array.from({ length: 150 }, (_, index) => `X-Many-${index}: a`).join('\r\n'),
  Array.from({ length: 2_200 }, (_, index) => `X-${index}: a`).join('\r\n'),
);

/** A body in chunks. @param ends what follows the last chunk's size line */
export function chunked(pieces: readonly string[], ends: string): string {
  const chunks = pieces.filter((each) => each !== '').map((each) => `${each.length.toString(16)}\r\n${each}\r\n`);
  return `${chunks.join('')}0\r\n${ends}`;
}
