import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import {
  type DebugEntry,
  ignoreError,
  listenToDebugLog,
  noteDecision,
  noteHandled,
  wantsDebugLog,
} from '../../src/os/debug/debug-log.js';
import { debugLines, withoutSecrets } from '../../src/os/debug/debug-text.js';
import { newStaticToken, newToken } from '../../src/platform/ids.js';

const TIME = new Date('2026-01-02T03:04:05.678Z');

test('no entry is made or kept without a listener, and every entry is delivered to one', async () => {
  let made = 0;
  const decide = () =>
    noteDecision('config', () => {
      made += 1;
      return 'the port is 8080';
    });
  decide();
  expect(made).toBe(0);
  const entries: DebugEntry[] = [];
  listenToDebugLog((entry) => entries.push(entry));
  decide();
  const error = new Error('no');
  noteHandled('logs', 'removing a log', error);
  expect(await Promise.reject(error).catch(ignoreError('state', 'reading a record'))).toBe(undefined);
  expect(entries).toEqual([
    { area: 'config', text: 'the port is 8080' },
    { area: 'logs', text: 'removing a log', error },
    { area: 'state', text: 'reading a record', error },
  ]);
});

test.each<[value: string | undefined, isOn: boolean]>([
  [undefined, false],
  ['', false],
  ['0', false],
  ['false', false],
  ['1', true],
  ['true', true],
  ['*', true],
])('JAMDEV_DEBUG=%s', (value, isOn) => {
  expect(wantsDebugLog({ JAMDEV_DEBUG: value })).toBe(isOn);
});

describe('an entry in lines', () => {
  test('has the time, the area and the text', () => {
    expect(debugLines({ area: 'config', text: 'no config file' }, TIME)).toEqual([
      '2026-01-02T03:04:05.678Z config: no config file',
    ]);
  });

  test('an error of jamdev has its code and its sentence', () => {
    const error = new JamdevError('PortTaken', 'Port 8080 is in use.', 'Stop it.');
    expect(debugLines({ area: 'ports', text: 'opening ports', error }, TIME)).toEqual([
      '2026-01-02T03:04:05.678Z ports: opening ports: PortTaken: Port 8080 is in use. Stop it.',
    ]);
  });

  test('an error of the system is one line', () => {
    const error = Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: 'EACCES', syscall: 'open' });
    expect(debugLines({ area: 'state', text: 'reading', error }, TIME)).toEqual([
      "2026-01-02T03:04:05.678Z state: reading: EACCES: permission denied, open '/x'",
    ]);
  });

  test('nothing in it reaches the terminal as a command', () => {
    const error = Object.assign(new Error('no \u001b[2Jfile\r'), { syscall: 'open' });
    expect(debugLines({ area: 'state', text: 'reading', error }, TIME)).toEqual([
      '2026-01-02T03:04:05.678Z state: reading: no \ufffd[2Jfile\ufffd',
    ]);
  });

  test('any other error has its stack and its cause, indented after the first line', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    const [first, ...others] = debugLines({ area: 'builds', text: 'building', error }, TIME);
    expect(first).toBe('2026-01-02T03:04:05.678Z builds: building: Error: outer');
    expect(others.every((line) => line.startsWith('  '))).toBe(true);
    expect(others).toContain('  caused by Error: inner');
  });
});

describe('secrets are removed', () => {
  test.each([
    ['API_KEY=hunter2 node server.js', 'API_KEY=... node server.js'],
    [`docker run -e 'A="b c"' -e X='y z' image`, `docker run -e 'A=...' -e X=... image`],
    ['postgres://ann:hunter2@db/app', 'postgres://...@db/app'],
    ['authorization: Bearer abc.def', 'authorization: Bearer ...'],
    ['build 3 of chat, node_modules/x.js', 'build 3 of chat, node_modules/x.js'],
  ])('%s', (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
  });

  test('from connection tokens in any position', () => {
    const around = fc.string({ unit: fc.constantFrom(...'/?&"\' :\n'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(around, around, fc.boolean(), (before, after, isStatic) => {
        const token = isStatic ? newStaticToken() : newToken();
        expect(withoutSecrets(`${before}${token}${after}`)).not.toContain(token);
      }),
    );
  });
});
