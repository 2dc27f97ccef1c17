import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  addClientOptions,
  addExamples,
  duration,
  environment,
  jsonObject,
  port,
  wholeNumber,
} from '../../src/cli/option-values.js';

describe('a port', () => {
  test.each([
    ['0', 0],
    ['8080', 8080],
    ['65535', 65_535],
  ])('%s is %d', (text, number) => {
    expect(port('--port')(text)).toBe(number);
  });

  test.each(['', '65536', '-1', '80.5', '8080x', 'http', '1e3', ' 80', '0x50', '100000'])('%j is refused', (text) => {
    expect(() => port('--port')(text)).toThrow(
      expect.objectContaining({
        code: 'Usage',
        message: `--port must be a port number from 0 to 65535, not "${text}".`,
        remedy: '0 means any free port.',
      }),
    );
  });
});

describe('a whole number', () => {
  test.each([
    ['0', 0],
    ['100', 100],
  ])('%s is %d', (text, number) => {
    expect(wholeNumber('--tail')(text)).toBe(number);
  });

  test.each(['', '-1', '1.5', 'all', '1234567890'])('%j is refused', (text) => {
    expect(() => wholeNumber('--tail')(text)).toThrow(`--tail must be a whole number, not "${text}".`);
  });
});

test('a duration is a number of seconds, or an error that names its option', () => {
  expect(duration('--max-idle')('5m')).toBe(300);
  expect(() => duration('--max-idle')('soon')).toThrow('--max-idle must be a duration');
});

describe('a JSON object', () => {
  test.each([
    ['{}', {}],
    ['{"role": "editor", "n": [1, null]}', { role: 'editor', n: [1, null] }],
  ])('%s is accepted', (text, value) => {
    expect(jsonObject('--auth')(text)).toEqual(value);
  });

  test.each(['', 'null', '[]', '"text"', '5', 'true', '{role: 1}', '{"a": 1'])(
    '%j is refused, with an example',
    (text) => {
      expect(() => jsonObject('--auth')(text)).toThrow(
        expect.objectContaining({
          code: 'Usage',
          message: expect.stringMatching(/^--auth must be (JSON|a JSON object), not /),
          remedy: expect.stringContaining('--auth \'{"role":"editor"}\''),
        }),
      );
    },
  );
});

describe('environment variables', () => {
  test('accumulate, and the later of two wins', () => {
    const all = ['A=1', 'B=x=y', 'EMPTY=', 'LINES=a\nb', 'A=2'].reduce<Record<string, string> | undefined>(
      (before, text) => environment(text, before),
      undefined,
    );
    expect(all).toEqual({ A: '2', B: 'x=y', EMPTY: '', LINES: 'a\nb' });
  });

  test('do not modify earlier ones', () => {
    const before = { A: '1' };
    environment('A=2', before);
    expect(before).toEqual({ A: '1' });
  });

  test.each(['', 'A', '=x', '='])('%j is refused', (text) => {
    expect(() => environment(text)).toThrow(`-e/--env must be NAME=value, not "${text}".`);
  });
});

test('commands that talk to a dev server have --api and --json', () => {
  const command = addClientOptions(new Command('x'));
  command.parse(['--api', 'http://h', '--json'], { from: 'user' });
  expect(command.opts()).toEqual({ api: 'http://h', json: true });
});

test('examples are listed below the help, with their meanings in one column', () => {
  let text = '';
  const command = new Command('x').configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  addExamples(command, [
    ['x a', 'one'],
    ['x longer', 'two'],
  ]).outputHelp();
  expect(text).toMatch(/\nExamples:\n {2}x a {7}one\n {2}x longer {2}two\n+$/);
});
