import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { findEndReason, lastTellingLines } from '../../src/runtime/telling-lines.js';
import { makeProject } from '../support/project.js';

const PROGRAMS: readonly [text: string, reason: string][] = [
  ["throw new TypeError('broken')", 'TypeError: broken'],
  [
    "console.log('loading');\nthrow Object.assign(new RangeError('far'), { code: 'E1', more: { a: 1 } })",
    'RangeError: far',
  ],
  ['const a = ;', "SyntaxError: Unexpected token ';'"],
  ["console.error('no model found'); process.exit(2)", 'no model found'],
  ['process.exit(3)', ''],
];

test.each(PROGRAMS)('finds the reason for the end of "%s"', (text, reason) => {
  const cwd = makeProject({ 'a.cjs': text });
  const { stderr } = spawnSync(process.execPath, ['a.cjs'], { cwd, encoding: 'utf8' });
  expect(findEndReason(stderr)).toBe(reason);
});

test('the last lines omit stack traces, so that they include the error', () => {
  const cwd = makeProject({ 'a.cjs': "console.error('loading');\nthrow new Error('broken')" });
  const { stderr } = spawnSync(process.execPath, ['a.cjs'], { cwd, encoding: 'utf8' });
  const lines = lastTellingLines(stderr, 3);
  expect(lines.at(-1)).toBe('Error: broken');
  expect(lines).toHaveLength(3);
});
