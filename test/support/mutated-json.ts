import fc from 'fast-check';
import { TOO_DEEP } from './schema-arbitrary.js';

const DEEP_TEXT = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
/** Stands for a long text. */
const LONG = '@long@';
/** Stands for a name that an object literal cannot have. */
const PROTO = '@proto@';

const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 0.5, 1e308, -1e308, 2 ** 53, '', ' ', '-', '\0', '\ud83d', '\udd11\ud83d'),
  fc.constantFrom<unknown>(
    [],
    {},
    [[]],
    [null],
    TOO_DEEP,
    LONG,
    { [PROTO]: { spawn: false } },
    { toString: 1, length: -1 },
  ),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
);

/**
 * JSON text of values, most of them with something replaced, added or left out, and some of them torn apart.
 * @returns one character per byte, with placeholders for what would make a report unreadable: see {@link toBytes}
 */
export function mutatedJson(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const changed = fc
    .tuple(values, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), fc.string({ maxLength: 10 }), JUNK)
    .map(([value, way, name, junk]) => change(value, way, name, junk));
  return fc
    .tuple(fc.oneof({ weight: 2, arbitrary: values }, { weight: 3, arbitrary: changed }), tears())
    .map(([value, tear]) => tear(Buffer.from(JSON.stringify(value) ?? '')).toString('latin1'));
}

/** The bytes to send for a text of {@link mutatedJson}. */
export function toBytes(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(`"${TOO_DEEP}"`, DEEP_TEXT).replaceAll(PROTO, '__proto__').replaceAll(LONG, 'x'.repeat(100_000)),
    'latin1',
  );
}

/** The value with junk in one place: instead of what is there, or added under a new name; or with a name removed. */
function change(value: unknown, [step = 0, ...way]: number[], name: string, junk: unknown): unknown {
  if (typeof value !== 'object' || value === null) return junk;
  const names = Object.keys(value);
  const chosen = names[step % (names.length + 2)];
  if (chosen === undefined) return step % 2 === 0 ? junk : { ...value, [name]: junk };
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (way.length === 0) delete copy[chosen];
  else copy[chosen] = change(copy[chosen], way, name, junk);
  return copy;
}

function tears(): fc.Arbitrary<(text: Buffer) => Buffer> {
  const at = fc.nat({ max: 1_000 });
  const none = fc.constant((text: Buffer) => text);
  const cut = at.map((index) => (text: Buffer) => text.subarray(0, index % (text.length + 1)));
  const insert = fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([index, bytes]) => (text: Buffer) => {
    const place = index % (text.length + 1);
    return Buffer.concat([text.subarray(0, place), bytes, text.subarray(place)]);
  });
  const twice = fc.constant((text: Buffer) => Buffer.concat([text, text]));
  return fc.oneof({ weight: 12, arbitrary: none }, cut, insert, twice);
}
