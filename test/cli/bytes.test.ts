import { expect, test } from 'vitest';
import { formatBytes } from '../../src/cli/terminal/bytes.js';

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [10_188, '9.9 KiB'],
  [10_240, '10 KiB'],
  [1_048_063, '1023 KiB'],
  [1_048_065, '1 MiB'],
  [3_565_158, '3.4 MiB'],
  [256 * 1024 * 1024, '256 MiB'],
  [5 * 1024 ** 3, '5 GiB'],
  [5000 * 1024 ** 3, '5000 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
