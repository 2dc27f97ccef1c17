import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paint } from '../../../../src/cli/terminal/footer/paint.js';
import { TinyTerminal } from '../../../support/tiny-terminal.js';

const COLUMNS = 20;
const ROWS = 12;

test('only the lines that have changed are written, and nothing when none has', () => {
  const footer = ['', 'one', 'two', 'three'];
  expect(paint(footer, { log: '', footer })).toBe('');
  const text = paint(footer, { log: '', footer: ['', 'one', '2', 'three'] });
  expect(text).toContain('2');
  expect(text).not.toMatch(/one|three/);
});

test('lines of the log and the footer below them go out in one write, whose wrapping is on again at its end', () => {
  const text = paint(['', 'old'], { log: 'a line\n', footer: ['', 'new'] });
  expect(text).toBe(
    '\u001b[?2026h\r\u001b[K\u001b[C\u001b[J\ra line\n\u001b[?7l\r\nnew\u001b[1A\r\u001b[?7h\u001b[?2026l',
  );
});

test('without a footer, before and after, the log is written and nothing else', () => {
  const terminal = new TinyTerminal(COLUMNS, ROWS);
  terminal.write(paint([], { log: 'a line\n', footer: [] }));
  expect(terminal.text).toBe('a line');
  expect(terminal.cursor).toEqual({ line: 1, column: 0 });
});

test('a footer that is taken away leaves the cursor below the log, and nothing behind', () => {
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
  // Footers of lines that repeat, so that some stay as they were.
  footer: fc.oneof(fc.constant([]), fc.array(footerLine, { minLength: 1, maxLength: 3 })),
  redraw: fc.boolean(),
});
const height = fc.integer({ min: 6, max: 20 });

test('whatever is logged and however the footer changes, both are there as they should be, and nothing else', () => {
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

test('a line that is wider than a terminal that has just shrunk takes one line all the same', () => {
  const terminal = new TinyTerminal(COLUMNS, ROWS);
  const wide = ['', 'x'.repeat(50), 'y'.repeat(50)];
  terminal.write(paint([], { log: 'a line\n', footer: wide }));
  terminal.write(paint(wide, { log: 'another\n', footer: ['', 'fits'] }));
  expect(terminal.text).toBe('a line\nanother\n\nfits');
});

test('a terminal that gets higher and lower, and is painted before it has told, keeps its log', () => {
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
