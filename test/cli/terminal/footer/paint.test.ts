import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paint } from '../../../../src/cli/terminal/footer/paint.js';
import { TinyTerminal } from '../../../support/tiny-terminal.js';

const COLUMNS = 20;
const ROWS = 12;

test('only changed lines are written, and nothing if none has changed', () => {
  const footer = ['', 'one', 'two', 'three'];
  expect(paint(footer, { log: '', footer })).toBe('');
  const text = paint(footer, { log: '', footer: ['', 'one', '2', 'three'] });
  expect(text).toContain('2');
  expect(text).not.toMatch(/one|three/);
});

test('log lines and the footer are one write, which turns wrapping on again at its end', () => {
  const text = paint(['', 'old'], { log: 'a line\n', footer: ['', 'new'] });
  expect(text).toBe(
    '\u001b[?2026h\r\u001b[K\u001b[C\u001b[J\ra line\n\u001b[?7l\r\nnew\u001b[1A\r\u001b[?7h\u001b[?2026l',
  );
});

test('without a footer before and after, only the log is written', () => {
  const terminal = new TinyTerminal(COLUMNS, ROWS);
  terminal.write(paint([], { log: 'a line\n', footer: [] }));
  expect(terminal.text).toBe('a line');
  expect(terminal.cursor).toEqual({ line: 1, column: 0 });
});

test('removing the footer leaves the cursor below the log and nothing after it', () => {
  const terminal = new TinyTerminal(COLUMNS, ROWS);
  terminal.write(paint([], { log: 'a line\n', footer: ['', 'one', 'two'] }));
  terminal.write(paint(['', 'one', 'two'], { log: '', footer: [] }));
  expect(terminal.text).toBe('a line');
  expect(terminal.cursor).toEqual({ line: 1, column: 0 });
});

const line = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' x'), maxLength: 50 }).map((text) => text.trim());
const footerLine = fc.string({ unit: fc.constantFrom('-', '=', '+'), minLength: 1, maxLength: COLUMNS - 1 });
const frame = fc.record({
  log: fc.array(line, { maxLength: 30 }),
  // Footers with repeated lines, so that some stay unchanged.
  footer: fc.oneof(fc.constant([]), fc.array(footerLine, { minLength: 1, maxLength: 3 })),
  redraw: fc.boolean(),
});
const height = fc.integer({ min: 6, max: 20 });

test('any sequence of log lines and footers shows exactly these', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
      const terminal = new TinyTerminal(COLUMNS, ROWS);
      const log: string[] = [];
      let shown: readonly string[] = [];
      for (const { log: lines, footer: below, redraw } of frames) {
        const footer = below.length === 0 ? [] : ['', ...below];
        terminal.write(paint(shown, { log: lines.map((each) => `${each}\n`).join(''), footer, redraw }));
        shown = footer;
        log.push(...lines);
        expect(terminal.text).toBe([...log, ...footer].join('\n').trimEnd());
        expect(terminal.cursor.column).toBe(0);
      }
    }),
    { numRuns: 500 },
  );
});

test('a line wider than a terminal that has just shrunk takes only one row', () => {
  const terminal = new TinyTerminal(COLUMNS, ROWS);
  const wide = ['', 'x'.repeat(50), 'y'.repeat(50)];
  terminal.write(paint([], { log: 'a line\n', footer: wide }));
  terminal.write(paint(wide, { log: 'another\n', footer: ['', 'fits'] }));
  expect(terminal.text).toBe('a line\nanother\n\nfits');
});

test('the log survives changes of height that are painted before the program notices them', () => {
  const step = fc.record({ rows: height, frames: fc.array(frame, { maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const terminal = new TinyTerminal(COLUMNS, ROWS);
      const log: string[] = [];
      let shown: readonly string[] = [];
      for (const { rows, frames } of steps) {
        terminal.resize(rows);
        for (const { log: lines, footer: below } of [...frames, { log: [], footer: ['told'] }]) {
          const footer = below.length === 0 ? [] : ['', ...below];
          const redraw = below[0] === 'told';
          terminal.write(paint(shown, { log: lines.map((each) => `${each}\n`).join(''), footer, redraw }));
          shown = footer;
          log.push(...lines);
          expect(terminal.text.startsWith(log.join('\n').trimEnd())).toBe(true);
          expect(terminal.cursor.column).toBe(0);
          if (redraw) expect(terminal.text).toBe([...log, ...footer].join('\n').trimEnd());
        }
      }
    }),
    { numRuns: 500 },
  );
});
