import { expect, test } from 'vitest';
import { formatSize } from '../../src/cli/terminal/size.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [999 * 1024, '999 KiB'],
  [1000 * 1024, '1.0 MiB'],
  [1024 ** 2 * 3.25, '3.3 MiB'],
  [1024 ** 2 * 48.4, '48 MiB'],
  [1024 ** 3 * 1.24, '1.2 GiB'],
  [1024 ** 4 * 5000, '5000 TiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
