import { expect, test } from 'vitest';
import { counted } from '../../src/cli/terminal/counted.js';

test('one is singular, and some words have an irregular plural', () => {
  expect([0, 1, 2].map((number) => counted(number, 'backend'))).toEqual(['0 backends', '1 backend', '2 backends']);
  expect(counted(2, 'process', 'processes')).toBe('2 processes');
});
