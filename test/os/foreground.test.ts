import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isForegroundPs, isForegroundStat, isInForeground } from '../../src/os/foreground.js';

describe('/proc/PID/stat', () => {
  test.each([
    ['in the foreground of a terminal', '4711 (node) S 4700 4711 4700 34816 4711 4194304', true],
    ['in the background of a terminal', '4711 (node) S 4700 4711 4700 34816 4800 4194304', false],
    ['without a terminal', '4711 (node) S 4700 4711 4700 0 -1 4194304', false],
    ['a name with parentheses and spaces', '4711 (a) S (b) 1 ) S 4700 4711 4700 34816 4711 4194304', true],
    ['torn', '4711 (node) S', false],
    ['empty', '', false],
  ])('%s', (_name, stat, expected) => expect(isForegroundStat(stat)).toBe(expected));
});

describe('ps', () => {
  test.each([
    ['in the foreground', ' 4711  4711\n', true],
    ['in the background', ' 4711  4800\n', false],
    ['without a terminal, Linux', ' 4711    -1\n', false],
    ['without a terminal, macOS', ' 4711     0\n', false],
    ['no such process', '', false],
  ])('%s', (_name, output, expected) => expect(isForegroundPs(output)).toBe(expected));
});

test('both sources say the same of this process', async () => {
  const hasPs = await promisify(execFile)('ps', ['-p', '1', '-o', 'pgid=,tpgid=']).then(
    () => true,
    () => false,
  );
  if (process.platform === 'linux' && hasPs) expect(await isInForeground('ps')).toBe(await isInForeground('proc'));
  else expect(await isInForeground()).toEqual(expect.any(Boolean));
});
