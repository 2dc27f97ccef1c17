import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { placeFromPs, placeFromStat, terminalPlace } from '../../src/processes/foreground.js';

describe('/proc/PID/stat', () => {
  test.each([
    ['in the foreground of a terminal', '4711 (node) S 4700 4711 4700 34816 4711 4194304', 'foreground'],
    ['in the background of a terminal', '4711 (node) S 4700 4711 4700 34816 4800 4194304', 'background'],
    ['without a terminal', '4711 (node) S 4700 4711 4700 0 -1 4194304', 'none'],
    ['a name with parentheses and spaces', '4711 (a) S (b) 1 ) S 4700 4711 4700 34816 4711 4194304', 'foreground'],
    ['torn', '4711 (node) S', 'none'],
    ['empty', '', 'none'],
  ])('%s', (_name, stat, expected) => expect(placeFromStat(stat)).toBe(expected));
});

describe('ps', () => {
  test.each([
    ['in the foreground', ' 4711  4711\n', 'foreground'],
    ['in the background', ' 4711  4800\n', 'background'],
    ['without a terminal, Linux', ' 4711    -1\n', 'none'],
    ['without a terminal, macOS', ' 4711     0\n', 'none'],
    ['no such process', '', 'none'],
  ])('%s', (_name, output, expected) => expect(placeFromPs(output)).toBe(expected));
});

test('both sources agree about this process', async () => {
  const hasPs = await promisify(execFile)('ps', ['-p', '1', '-o', 'pgid=,tpgid=']).then(
    () => true,
    () => false,
  );
  if (process.platform === 'linux' && hasPs) expect(await terminalPlace('ps')).toBe(await terminalPlace('proc'));
  else expect(await terminalPlace()).toMatch(/^(foreground|background|none)$/);
});
