import { expect, test } from 'vitest';
import { BottomScreen, FRAME_MS, TICK_MS } from '../../../../src/cli/terminal/footer/bottom-screen.js';
import type { OutputStream } from '../../../../src/cli/terminal/output.js';
import { HandClock } from '../../../support/hand-clock.js';
import { TinyTerminal } from '../../../support/tiny-terminal.js';

/** A screen on a terminal of 40 columns and 20 rows, with the footer in `footer`. */
function open() {
  const clock = new HandClock();
  const terminal = new TinyTerminal(40, 20);
  const writes: string[] = [];
  const footer = ['', 'footer'];
  const sizes: string[] = [];
  const stream = {
    columns: 40,
    rows: 20,
    write: (text: string) => {
      writes.push(text);
      terminal.write(text);
      return true;
    },
  };
  const screen = new BottomScreen(stream as unknown as OutputStream, clock, ({ columns, rows }, live) => {
    sizes.push(`${columns}x${rows}`);
    return [...footer, ...live];
  });
  return { clock, terminal, writes, footer, screen, stream, sizes };
}

test('the first line is written at once, and lines in quick succession together, with one footer', () => {
  const { clock, terminal, writes, screen } = open();
  screen.show();
  clock.turn(FRAME_MS);
  screen.append('first\n');
  clock.turn(0);
  expect(terminal.text).toBe('first\n\nfooter');
  const before = writes.length;
  for (let index = 0; index < 1_000; index += 1) screen.append(`line ${index}\n`);
  clock.turn(FRAME_MS - 1);
  expect(writes.length).toBe(before);
  clock.turn(1);
  expect(writes.length).toBe(before + 1);
  expect(terminal.text).toMatch(/first\nline 0\n(line \d+\n)+line 999\n\nfooter$/);
});

test('pending output is limited', () => {
  const { clock, writes, screen } = open();
  screen.show();
  clock.turn(FRAME_MS);
  const before = writes.length;
  for (let index = 0; index < 3; index += 1) screen.append(`${'x'.repeat(400_000)}\n`);
  expect(writes.length).toBe(before + 1);
});

test('without output, it writes only when the footer has changed, at most once per tick', () => {
  const { clock, terminal, writes, footer, screen } = open();
  screen.show();
  const before = writes.length;
  clock.turn(10 * TICK_MS);
  expect(writes.length).toBe(before);
  footer[1] = 'changed';
  clock.turn(TICK_MS + FRAME_MS);
  expect(writes.length).toBe(before + 1);
  expect(terminal.text).toBe('\n\nchanged'.slice(1));
});

test('a resize rewrites the footer at the new size', () => {
  const { clock, writes, screen, stream, sizes } = open();
  screen.show();
  stream.columns = 30;
  screen.resized();
  screen.resized();
  clock.turn(FRAME_MS);
  expect(sizes.at(-1)).toBe('30x20');
  expect(writes.at(-1)).toContain('\u001b[J');
  expect(writes).toHaveLength(2);
});

test('hiding writes pending output and the log continues without a footer; showing puts the footer below it', () => {
  const { clock, terminal, screen } = open();
  screen.show();
  screen.append('one\n');
  screen.hide();
  expect(terminal.text).toBe('one');
  screen.append('two\n');
  expect(terminal.text).toBe('one\ntwo');
  screen.resized();
  clock.turn(10 * TICK_MS);
  expect(terminal.text).toBe('one\ntwo');
  screen.show();
  expect(terminal.text).toBe('one\ntwo\n\nfooter');
});

test('clearing removes the footer first and draws it at the top', () => {
  const { writes, screen } = open();
  screen.show();
  // TinyTerminal can't clear, so the test checks what is written.
  expect(() => screen.clear()).toThrow();
  expect(writes.at(-1)).toMatch(
    /^\u001b\[\?2026h\r\u001b\[K\u001b\[C\u001b\[J\r\u001b\[H\u001b\[2J\u001b\[\?7l\r\nfooter/,
  );
});

test('nothing is written to a closed terminal', () => {
  const { clock, writes, screen } = open();
  screen.show();
  screen.append('lost\n');
  screen.abandon();
  const before = writes.length;
  clock.turn(10 * TICK_MS);
  screen.hide();
  expect(writes.length).toBe(before);
});

test('a live line is part of the footer until it ends', () => {
  const { clock, terminal, screen } = open();
  screen.show();
  screen.live(['step 1']);
  screen.append('a line\n');
  clock.turn(FRAME_MS);
  expect(terminal.text).toBe('a line\n\nfooter\nstep 1');
  screen.live([]);
  clock.turn(FRAME_MS);
  expect(terminal.text).toBe('a line\n\nfooter');
});
