import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.js';

const KNOWN = ['command', 'build', 'port', 'proxyPort', 'dockerfile', 'watch', 'env'];

test.each([
  ['comand', 'command'],
  ['commands', 'command'],
  ['COMMAND', 'command'],
  ['dockerFile', 'dockerfile'],
  ['proxy_port', 'proxyPort'],
  ['wacth', 'watch'],
  ['por', 'port'],
  ['envs', 'env'],
])('the nearest word to %s is %s', (word, known) => {
  expect(nearest(word, KNOWN)).toBe(known);
});

test.each(['', 'x', 'frobnicate', 'color'])('no word is near %j', (word) => {
  expect(nearest(word, KNOWN)).toBeUndefined();
});

test('without known words there is nothing to suggest', () => {
  expect(nearest('port', [])).toBeUndefined();
});

test('a known word is nearest to itself, and only known words are suggested', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }),
      fc.string(),
      (known, word) => {
        const lower = known.map((each) => each.toLowerCase());
        for (const each of known) expect(nearest(each, known)?.toLowerCase()).toBe(each.toLowerCase());
        expect([...lower, undefined]).toContain(nearest(word, known)?.toLowerCase());
      },
    ),
  );
});
