import { afterAll, beforeAll, expect, test } from 'vitest';
import { useVariable } from './environment.js';

const NAMES = ['JAMDEV_TEST_SET', 'JAMDEV_TEST_UNSET'] as const;
beforeAll(() => {
  process.env[NAMES[0]] = 'before';
});
afterAll(() => {
  expect(NAMES.map((name) => process.env[name])).toEqual(['before', undefined]);
  delete process.env[NAMES[0]];
});

test.each([
  ['other', 'another'],
  [undefined, ''],
])('variables are %j and %j during a test, and restored afterwards', (...values) => {
  for (const [index, name] of NAMES.entries()) useVariable(name, values[index]);
  expect(NAMES.map((name) => process.env[name])).toEqual(values);
});
