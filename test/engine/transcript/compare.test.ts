import { describe, expect, test } from 'vitest';
import { compare, inWords } from './compare.js';
import { KINDS } from './kinds.js';
import { ListedDifferences, readListedDifferences } from './listed.js';

const TABLE_HEAD = '| scenarios | what | Plane 0.5.5 | jamdev | why |\n| --- | --- | --- | --- | --- |\n';

describe('compare()', () => {
  test('finds nothing in equal transcripts', () => {
    const transcript = { a: [{ headers: ['x-a: 1', 'x-b: 2'] }, 'text', 3] };
    expect(compare(transcript, structuredClone(transcript))).toEqual([]);
  });

  test('names the position of each difference', () => {
    const differences = compare({ a: { line: 'x', rest: [1, 2] } }, { a: { line: 'y', rest: [1] } });
    expect(differences.map(inWords)).toEqual([
      'a.line: "x" on Plane, "y" on jamdev',
      'a.rest.1: 2 on Plane, nothing on jamdev',
    ]);
  });

  test('compares headers by values, case and order', () => {
    const differences = compare(
      { headers: ['x-a: 1', 'x-a: 2', 'x-b: 3', 'x-c: 4'] },
      { headers: ['X-B: 3', 'x-a: 2', 'x-a: 1', 'x-d: 5'] },
    );
    expect(differences.map(inWords)).toEqual([
      'headers.x-a: ["1","2"] on Plane, ["2","1"] on jamdev',
      'headers.x-c: ["4"] on Plane, [] on jamdev',
      'headers.x-d: [] on Plane, ["5"] on jamdev',
      'headers.(order): "x-a, x-b" on Plane, "x-b, x-a" on jamdev',
      'headers.(case): "x-a, x-b" on Plane, "x-a, X-B" on jamdev',
    ]);
  });
});

describe('the list of differences', () => {
  const difference = { path: 'exchange.client.after', plane: 'a', jamdev: 'b' };
  const listOf = (...rows: string[]) =>
    new ListedDifferences(readListedDifferences(TABLE_HEAD + rows.map((row) => `${row}\n`).join('')));

  test.each([
    ['its scenario and path', '| `t/one` | `exchange.client.after` | does a | does b | reason |'],
    ['its values', '| `t/*` | `*.after` | does a | does b | reason |'],
    ['its driver', '| `t/one` | `exchange.client.after` | `a` always | `b` | reason |'],
    ['the driver', '| `t/one@processes` | `exchange.client.after` | does a | does b | reason |'],
  ])('explains a difference that a row names by %s', (_what, row) => {
    const list = listOf(row);
    expect(list.unused()).toHaveLength(2);
    expect(list.explains('t/one', 'processes', difference)).toBe(true);
    expect(list.unused()).toEqual([]);
  });

  test.each([
    ['another scenario', '| `t/two` | `exchange.client.after` | does a | does b | reason |'],
    ['another path', '| `t/one` | `exchange.client` | does a | does b | reason |'],
    ['another value of Plane', '| `t/one` | `exchange.client.after` | `x` | does b | reason |'],
    ['another value of jamdev', '| `t/one` | `exchange.client.after` | does a | `x` | reason |'],
    ['nothing instead of something', '| `t/one` | `exchange.client.after` | nothing | does b | reason |'],
    ['another driver', '| `t/one@containers` | `exchange.client.after` | does a | does b | reason |'],
    ['a kind that does not apply', '| `t/one` | `header-case` | does a | does b | reason |'],
  ])('does not explain a difference from a row with %s', (_what, row) => {
    const list = listOf(row);
    expect(list.explains('t/one', 'processes', difference)).toBe(false);
    expect(list.unused()).toHaveLength(2);
  });

  test.each([
    ['no reason', '| `a` | `b.c` | x | y | |'],
    ['no scenario', '| a | `b.c` | x | y | z |'],
    ['an unknown kind', '| `a` | `header-shape` | x | y | z |'],
  ])('refuses a row with %s', (_what, row) => {
    expect(() => listOf(row)).toThrow('docs/differences.md');
  });
});

/** Each kind with a difference it is for, and similar ones that it is not for. */
const KIND_SAMPLES: Record<string, { is: [string, unknown, unknown][]; isNot: [string, unknown, unknown][] }> = {
  'header-case': { is: [['a.headers.(case)', 'x', 'X']], isNot: [['a.headers.x', ['x'], ['X']]] },
  'header-order': { is: [['a.headers.(order)', 'x, y', 'y, x']], isNot: [['a.headers.x', ['1', '2'], ['2', '1']]] },
  'keep-alive': {
    is: [['answer.answers.0.headers.connection', [], ['keep-alive']]],
    isNot: [
      ['answer.answers.0.headers.connection', [], ['close']],
      ['answer.answers.0.headers.connection', ['close'], ['keep-alive']],
      ['answer.answers.0.headers.keep-alive', [], ['timeout=5']],
      ['exchange.backend.0.headers.connection', [], ['keep-alive']],
    ],
  },
  'client-keep-alive': {
    is: [
      ['exchange.backend.0.headers.connection', ['keep-alive'], []],
      ['exchange.backend.0.headers.connection', ['keep-alive', 'Keep-Alive'], []],
    ],
    isNot: [
      ['exchange.backend.0.headers.connection', ['keep-alive', 'close'], []],
      ['exchange.backend.0.headers.connection', ['keep-alive'], ['close']],
      ['exchange.client.answers.0.headers.connection', ['keep-alive'], []],
    ],
  },
  'cors-authorization': {
    is: [['a.headers.access-control-allow-headers', ['*'], ['*, Authorization']]],
    isNot: [['a.headers.access-control-allow-headers', ['*'], []]],
  },
  'cors-own': {
    is: [['a.headers.access-control-allow-origin', ['*'], ['https://one.example']]],
    isNot: [['a.headers.access-control-allow-origin', [], ['*']]],
  },
  'error-body': {
    is: [
      ['answer.answers.0.body', '', '{"error":{"message":"x"}}'],
      ['answer.answers.0.headers.content-length', ['0'], ['24']],
      ['answer.answers.0.headers.content-type', [], ['application/json']],
    ],
    isNot: [
      ['answer.answers.0.line', 'HTTP/1.1 410 Gone', 'HTTP/1.1 404 Not Found'],
      ['answer.answers.0.body', '', 'hello'],
      ['answer.answers.0.body', 'hello', '{"error":{"message":"x"}}'],
    ],
  },
  'error-headers': {
    is: [
      ['answer.answers.0.headers.server', [], ['<proxy>']],
      ['answer.answers.0.headers.access-control-allow-origin', [], ['*']],
    ],
    isNot: [
      ['answer.answers.0.headers.server', ['<proxy>'], []],
      ['answer.answers.0.headers.access-control-allow-origin', [], ['https://one.example']],
      ['answer.answers.0.headers.x-a', [], ['*']],
      ['exchange.backend.0.headers.server', [], ['<proxy>']],
    ],
  },
  closing: {
    is: [['answer.answers.0.headers.connection', [], ['close']]],
    isNot: [
      ['answer.answers.0.headers.connection', ['close'], []],
      ['exchange.backend.0.headers.connection', [], ['close']],
    ],
  },
  'not-passed-on': {
    is: [
      ['exchange.backend.0', { line: 'GET / HTTP/1.1' }, undefined],
      ['exchange.client.answers.0.headers.x-plane-backend-id', ['<id 1>'], []],
      ['exchange.client.answers.0.headers.content-length', ['2'], ['120']],
      ['exchange.client.answers.0.body', 'ok', '{"error":{"message":"x"}}'],
    ],
    isNot: [
      ['exchange.backend.0', undefined, { line: 'GET / HTTP/1.1' }],
      ['exchange.backend.0.line', 'GET / HTTP/1.1', undefined],
      ['exchange.client.answers.0.body', 'ok', ''],
      ['exchange.client.answers.0.line', 'HTTP/1.1 200 OK', 'HTTP/1.1 400 Bad Request'],
    ],
  },
  'passed-on': {
    is: [
      ['exchange.backend.0', undefined, { line: 'GET / HTTP/1.1' }],
      ['exchange.client.answers.0.headers.x-plane-backend-id', [], ['<id 1>']],
      ['exchange.client.answers.0.headers.content-length', ['0'], ['2']],
      ['exchange.client.answers.0.body', '', 'ok'],
    ],
    isNot: [
      ['exchange.backend.0', { line: 'GET / HTTP/1.1' }, undefined],
      ['exchange.client.answers.0.body', 'ok', ''],
      ['exchange.client.answers.0.line', 'HTTP/1.1 403 Forbidden', 'HTTP/1.1 200 OK'],
    ],
  },
  'hop-by-hop-request': {
    is: [
      ['exchange.backend.0.headers.connection', ['close'], []],
      ['exchange.backend.0.headers.te', ['gzip'], []],
    ],
    isNot: [
      ['exchange.backend.0.headers.connection', [], ['keep-alive']],
      ['exchange.backend.0.headers.x-a', ['1'], []],
      ['exchange.client.answers.0.headers.connection', ['close'], []],
    ],
  },
  'hop-by-hop-answer': {
    is: [
      ['exchange.client.answers.0.headers.connection', ['close'], ['keep-alive']],
      ['exchange.client.answers.0.headers.keep-alive', ['timeout=9'], []],
    ],
    isNot: [
      ['exchange.client.answers.0.headers.connection', ['Upgrade'], ['close']],
      ['exchange.client.answers.0.headers.x-a', ['1'], []],
      ['exchange.backend.0.headers.connection', ['close'], []],
    ],
  },
};

test.each(Object.keys(KINDS))('the kind %s accepts exactly what it is for', (name) => {
  const samples = KIND_SAMPLES[name];
  if (samples === undefined) throw new Error(`no samples of ${name}`);
  const accepts = ([path, plane, jamdev]: [string, unknown, unknown]) => KINDS[name]?.({ path, plane, jamdev });
  expect(samples.is.map(accepts)).toEqual(samples.is.map(() => true));
  expect(samples.isNot.map(accepts)).toEqual(samples.isNot.map(() => false));
});
