import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDurationSeconds } from '../../src/contract/duration.js';

test.each([
  ['90', 90],
  ['1', 1],
  ['90s', 90],
  ['5m', 300],
  ['1h', 3600],
  ['2d', 172_800],
  [' 5m ', 300],
  ['007', 7],
])('%j is %d seconds', (text, seconds) => {
  expect(parseDurationSeconds(text, '--max-idle')).toBe(seconds);
});

test.each(['', ' ', '0', '0h', '-5', '+5', '1.5m', '5 m', '5M', '5min', 'm', '1e3', '0x10', '٣', '1234567890', '5m5s'])(
  '%j is refused, with the option, the value and examples in the message',
  (text) => {
    expect(() => parseDurationSeconds(text, '--max-idle')).toThrow(
      expect.objectContaining({
        code: 'Usage',
        message: `--max-idle must be a duration of at least one second, not "${text}".`,
        remedy: 'For example: 90, 5m, 1h',
      }),
    );
  },
);

test('every whole number of seconds is read as the same number, with or without its unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999_999 }), (seconds) => {
      expect(parseDurationSeconds(String(seconds), '-x')).toBe(seconds);
      expect(parseDurationSeconds(`${seconds}s`, '-x')).toBe(seconds);
    }),
  );
});
