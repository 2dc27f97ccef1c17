import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { withPreload } from '../../src/runtime/process/node-preload.js';

test.each([undefined, '', '   '])('with NODE_OPTIONS %j the preload stands alone', (before) => {
  expect(withPreload(before)).toMatch(/^--require ".*remap-8080\.cjs"$/);
});

test('what stands in NODE_OPTIONS already stays, in front', () => {
  const before = '--max-old-space-size=128 --require "/a b/c.cjs"';
  expect(withPreload(before).startsWith(`${before} --require "`)).toBe(true);
});

test('Node.js accepts it', () => {
  const env = { ...process.env, NODE_OPTIONS: withPreload('--no-warnings'), PORT: '12345' };
  const output = execFileSync(process.execPath, ['-e', 'console.log(Object.keys(require.cache).join())'], {
    env,
    encoding: 'utf8',
  });
  expect(output).toContain('remap-8080.cjs');
});
