import { expect, test } from 'vitest';
import { Names } from './names.js';
import { normalize, type RULES } from './rules.js';

function contextWith(...values: [value: string, kind: string][]) {
  const names = new Names();
  for (const [value, kind] of values) names.add(value, kind);
  return { names, proxyPort: 9123 };
}

const SAMPLES: Record<keyof typeof RULES, { alike: [string, string][]; kept: string[] }> = {
  names: {
    alike: [
      ['x-verified-path: /tok1/a', 'x-verified-path: /<token 1>/a'],
      ['tok2 of id1', '<token 2> of <id 1>'],
    ],
    kept: ['tok9'],
  },
  port: { alike: [['host: localhost:9123', 'host: localhost:<port>']], kept: ['localhost:80', '9123'] },
  date: {
    alike: [['Date: Thu, 26 Nov 2026 09:49:38 GMT', 'Date: <date>']],
    kept: ['date: never', 'last-modified: Thu, 26 Nov 2026 09:49:38 GMT'],
  },
  server: {
    alike: [
      ['server: Plane/0.5.5-', 'server: <proxy>'],
      ['Server: jamdev/1.2.3', 'Server: <proxy>'],
    ],
    kept: ['server: own', 'x-server: Plane/0.5.5'],
  },
  fencing: {
    alike: [['SESSION_BACKEND_FENCING_TOKEN=1795686578403', 'SESSION_BACKEND_FENCING_TOKEN=<number>']],
    kept: ['SESSION_BACKEND_FENCING_TOKEN=', 'A=1795686578403'],
  },
  long: {
    alike: [
      ['a'.repeat(301), `${'a'.repeat(40)}... (301 characters, eb22b48c636c)`],
      [`X-A: ${'a'.repeat(301)}`, `X-A: ${'a'.repeat(40)}... (301 characters, eb22b48c636c)`],
    ],
    kept: ['a'.repeat(300), `x-a: ${'a'.repeat(300)}`],
  },
};

test.each(Object.entries(SAMPLES))('the rule %s changes only what it is for', (_name, { alike, kept }) => {
  const context = contextWith(['tok1', 'token'], ['tok2', 'token'], ['id1', 'id'], ['tok1', 'token']);
  for (const [text, normal] of alike) expect(normalize(text, context)).toBe(normal);
  for (const text of kept) expect(normalize(text, context)).toBe(text);
});

test('long texts that differ stay different', () => {
  const [first, second] = [`${'a'.repeat(500)}b`, `${'a'.repeat(500)}c`];
  expect(normalize(first, contextWith())).not.toBe(normalize(second, contextWith()));
});

test('rules are applied to every text of a transcript', () => {
  const value = { a: ['localhost:9123', { b: 'localhost:9123', c: 1, d: undefined, e: null }] };
  expect(normalize(value, contextWith())).toEqual({
    a: ['localhost:<port>', { b: 'localhost:<port>', c: 1, e: null }],
  });
});
