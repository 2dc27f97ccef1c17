import { Chalk } from 'chalk';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { type FooterContent, type FooterRow, layoutFooter } from '../../../../src/cli/terminal/footer/layout.js';

const chalk = new Chalk({ level: 0 });

function row(number: number, more: Partial<FooterRow> = {}): FooterRow {
  const id = `backend${String(number).padStart(7, '0')}`;
  const rest = { service: 'default', status: 'ready', age: '12s', connections: '2', memory: '48 MiB' } as const;
  return { id, key: `doc-${number}`, ...rest, ...more };
}

function rows(count: number): FooterRow[] {
  return Array.from({ length: count }, (_, index) => row(count - index));
}

function lay(more: Partial<FooterContent>, columns = 100, lines = 30): string[] {
  const content: FooterContent = {
    rows: [],
    failing: [],
    pools: [],
    live: [],
    filter: 'all',
    paused: false,
    hints: ['h help', 'q quit', 's spawn'],
    ...more,
  };
  return layoutFooter(content, { columns, rows: lines }, stringWidth, chalk);
}

test('warm pools are counted apart from the backends, per service if there are several', () => {
  const pools = [
    { service: 'chat', warm: 2 },
    { service: 'doc', warm: 0 },
  ];
  expect(lay({ pools: pools.slice(0, 1) }).at(-1)).toBe(
    'no backends | pool: 2 warm | log: all | h help  q quit  s spawn',
  );
  expect(lay({ rows: rows(1), pools }).at(-1)).toBe('pool: chat 2, doc 0 warm | log: all | h help  q quit  s spawn');
});

test('a table of backends follows an empty line and precedes a last line with the state and the keys', () => {
  expect(lay({ rows: rows(2) })).toEqual([
    '',
    'ID              KEY    SERVICE  STATUS  AGE  CONNECTIONS  MEMORY',
    'backend0000002  doc-2  default  ready   12s  2            48 MiB',
    'backend0000001  doc-1  default  ready   12s  2            48 MiB',
    'log: all | h help  q quit  s spawn',
  ]);
});

test('a backend without a key shows none, or its id in a narrow terminal', () => {
  const [, heading, line] = lay({ rows: [row(1, { key: undefined })] });
  expect(line?.slice(heading?.indexOf('KEY')).startsWith('-')).toBe(true);
  const [, narrowHeading, narrow] = lay({ rows: [row(1, { key: undefined })] }, 40);
  expect(narrowHeading?.startsWith('KEY')).toBe(true);
  expect(narrow?.startsWith('backend0000001')).toBe(true);
});

describe('most of the screen belongs to the log', () => {
  test('backends that do not fit are counted', () => {
    const lines = lay({ rows: rows(18) }, 100, 24);
    expect(lines).toHaveLength(8);
    expect(lines.slice(1, 3)).toEqual([expect.stringContaining('ID'), expect.stringContaining('doc-18')]);
    expect(lines.at(-2)).toBe('+ 14 more');
  });

  test('backends that just fit are shown without a count', () => {
    expect(lay({ rows: rows(5) }, 100, 24)).toHaveLength(8);
    expect(lay({ rows: rows(6) }, 100, 24).at(-2)).toBe('+ 2 more');
  });

  test.each([
    [11, ['', '4 backends | log: all | h help  q quit  s spawn']],
    [6, ['', '4 backends | log: all | h help  q quit  s spawn']],
    [5, []],
    [1, []],
  ])('in a terminal of %i rows there is no table', (lines, expected) => {
    expect(lay({ rows: rows(4) }, 100, lines)).toEqual(expected);
  });

  test('in a very narrow terminal there is no footer', () => {
    expect(lay({ rows: rows(1) }, 20)).toEqual([]);
  });
});

describe('a failed build', () => {
  const chat = { service: 'chat', number: 3, failure: 'exit code 1' };
  const web = { service: 'web', number: 7, failure: 'step 3/5 failed' };

  test('has a line of its own, even if the table then has one row less', () => {
    expect(lay({ failing: [chat] })).toEqual([
      '',
      'build 3 of chat failed: exit code 1',
      'no backends | log: all | h help  q quit  s spawn',
    ]);
    const lines = lay({ failing: [chat], rows: rows(9) }, 100, 24);
    expect(lines).toHaveLength(8);
    expect(lines.at(-2)).toBe('build 3 of chat failed: exit code 1');
    expect(lines.at(-3)).toBe('+ 6 more');
  });

  test('shares its line with others, which is cut if it is too long', () => {
    expect(lay({ failing: [chat, web] })[1]).toBe(
      'build 3 of chat failed: exit code 1; build 7 of web failed: step 3/5 failed',
    );
    expect(lay({ failing: [chat, web] }, 41)[1]).toBe('build 3 of chat failed: exit code 1; ...');
  });
});

test('at most the three newest unfinished lines are shown', () => {
  expect(lay({ live: ['a', 'b', 'c', 'd'] }).slice(1, -1)).toEqual(['b', 'c', 'd']);
  expect(lay({ live: ['a', 'b', 'c', 'd'] }, 80, 9).slice(1, -1)).toEqual(['d']);
  expect(lay({ live: ['a'] }, 80, 6).slice(1, -1)).toEqual([]);
});

test('output of a build is shown if there is room, cut to the width', () => {
  expect(lay({ live: ['build  compiling 結合'] }, 22)[1]).toBe('build  compiling 結合');
  expect(lay({ live: ['build  compiling 結合結合'] }, 22)[1]).toBe('build  compiling 結合');
  expect(lay({ live: ['build  compiling'], rows: rows(50) }, 100, 24).join()).not.toContain('compiling');
});

test('the last line says whose log is shown and whether watching is paused, then as many keys as fit', () => {
  expect(lay({ filter: 'doc-1', paused: true }).at(-1)).toBe(
    'no backends | log: doc-1 | watching is paused | h help  q quit  s spawn',
  );
  expect(lay({ filter: 'x'.repeat(128) }).at(-1)).toContain(`log: ${'x'.repeat(21)}... |`);
  expect(lay({}, 42).at(-1)).toBe('no backends | log: all | h help  q quit');
  expect(lay({}, 25).at(-1)).toBe('no backends | log: all');
  expect(lay({}, 22).at(-1)).toBe('no backends | log:...');
});

test('the footer always fits and leaves most of the screen to the log', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .map((each) => each.replaceAll(/\p{Cc}/gu, ' '));
  const anyRow = fc.record({ key: fc.option(text, { nil: undefined }), service: text, age: text, memory: text });
  fc.assert(
    fc.property(
      fc.array(anyRow, { maxLength: 20 }),
      fc.array(fc.record({ service: text, number: fc.nat(), failure: text }), { maxLength: 3 }),
      fc.array(text, { maxLength: 5 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 130 }),
      fc.integer({ min: 1, max: 60 }),
      (parts, failing, live, paused, columns, lines) => {
        const shown = lay(
          { rows: parts.map((each, index) => row(index, each)), failing, live, paused },
          columns,
          lines,
        );
        expect(shown.length).toBeLessThanOrEqual(lines / 3);
        expect(shown[0] ?? '').toBe('');
        for (const line of shown) expect(stringWidth(line)).toBeLessThan(columns);
      },
    ),
    { numRuns: 500 },
  );
});

test('backends left out of the layout are counted like those that do not fit', () => {
  expect(lay({ rows: rows(18).slice(0, 8), more: 10 }, 100, 24)).toEqual(lay({ rows: rows(18) }, 100, 24));
  expect(lay({ rows: rows(18).slice(0, 8), more: 10 }, 100, 8)).toEqual(lay({ rows: rows(18) }, 100, 8));
});
