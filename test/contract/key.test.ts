import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeJson, parseKey } from '../../src/contract/key.js';

describe('Keys', () => {
  test('any text of 1 to 128 code points is a key, unchanged', () => {
    const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((each) => each !== '\0');
    fc.assert(
      fc.property(fc.array(character, { minLength: 1, maxLength: 128 }), (characters) => {
        const key = characters.join('');
        expect(parseKey(key)).toBe(key);
      }),
    );
  });

  test.each([
    ['ASCII', 'x'],
    ['astral', '🦊'],
    ['combining', '\u0301'],
  ])('the limit of 128 counts code points: %s characters', (_what, character) => {
    expect(parseKey(character.repeat(128))).toBe(character.repeat(128));
    expect(() => parseKey(character.repeat(129))).toThrow(
      expect.objectContaining({
        code: 'InvalidKey',
        status: 400,
        message: expect.stringContaining('has 129 characters'),
      }),
    );
  });

  test.each([
    ['an empty string', '', 'The key is empty.'],
    ['null', null, 'The key must be a string, not null.'],
    ['a number', 5, 'The key must be a string, not a number.'],
    ['true', true, 'The key must be a string, not a boolean.'],
    ['a list', ['a'], 'The key must be a string, not a list.'],
    ['an object', {}, 'The key must be a string, not an object.'],
    ['a NUL', 'a\0b', 'The key contains a NUL or half a surrogate pair.'],
    ['a lone high surrogate', 'a\ud83e', 'The key contains a NUL or half a surrogate pair.'],
    ['a lone low surrogate', '\udd8ab', 'The key contains a NUL or half a surrogate pair.'],
  ])('%s is not a key', (_what, value, message) => {
    expect(() => parseKey(value)).toThrow(expect.objectContaining({ code: 'InvalidKey', status: 400, message }));
  });

  test.each([
    [null, 'null'],
    [[], 'a list'],
    [{}, 'an object'],
    ['', 'a string'],
    [0, 'a number'],
    [false, 'a boolean'],
  ])('a value of %j is described as "%s"', (value, words) => {
    expect(describeJson(value)).toBe(words);
  });
});
