import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { LineWriter, type OutputStream } from '../../src/cli/terminal/line-writer.js';

/** A stream that takes nothing until it is told to. */
class SlowStream extends EventEmitter {
  written: string[] = [];
  writableLength = 0;
  isTTY = false;
  columns = 20;
  rows = 10;

  write(text: string): boolean {
    this.written.push(text);
    this.writableLength += text.length;
    return false;
  }

  drain(): void {
    this.writableLength = 0;
    this.emit('drain');
  }
}

function make(isTTY = false) {
  const stream = new SlowStream();
  stream.isTTY = isTTY;
  return { stream, writer: new LineWriter(stream as unknown as OutputStream) };
}

test('what backends print is left out while too much is waiting, and told once there is room', () => {
  const { stream, writer } = make();
  const megabyte = `${'x'.repeat(1024 * 1024 - 1)}\n`;
  for (let index = 0; index < 9; index += 1) writer.writeOutput([megabyte]);
  expect(stream.written).toHaveLength(9);
  writer.writeOutput(['left out\n', 'left out\n']);
  writer.writeOutput(['left out\n']);
  writer.write('said in any case\n');
  expect(stream.written.slice(9)).toEqual(['said in any case\n']);
  stream.drain();
  expect(stream.written.at(-1)).toContain('(3 lines came too fast');
  writer.writeOutput(['shown again\n']);
  expect(stream.written.at(-1)).toBe('shown again\n');
});

test('a live line is replaced by the next line, fits into the terminal, and shows nowhere else', async () => {
  const terminal = make(true);
  await terminal.writer.prepareLive();
  terminal.writer.live('結合結合結合結合結合結合');
  expect(terminal.stream.written).toEqual(['\r\u001b[2K結合結合結合結合結']);
  terminal.writer.write('a line\n');
  terminal.writer.write('another\n');
  expect(terminal.stream.written.slice(1)).toEqual(['\r\u001b[2Ka line\n', 'another\n']);
  const pipe = make(false);
  await pipe.writer.prepareLive();
  pipe.writer.live('step 1');
  expect(pipe.stream.written).toEqual([]);
});

test('a screen shows in place of the bare terminal; a live line on it goes with the next line of jamdev’s own', async () => {
  const { stream, writer } = make(true);
  await writer.prepareLive();
  writer.live('step 1');
  const told: string[] = [];
  writer.writeTo({ append: (text) => told.push(text), live: (text) => told.push(`live ${text}`) });
  expect(stream.written.at(-1)).toBe('\r\u001b[2K');
  const before = stream.written.length;
  writer.live('step 2');
  writer.writeOutput(['one\n', 'two\n']);
  writer.write('built\n');
  expect(told).toEqual(['live step 2', 'one\ntwo\n', 'live undefined', 'built\n']);
  expect(stream.written).toHaveLength(before);
  writer.writeTo(undefined);
  writer.write('bare\n');
  expect(stream.written.slice(before)).toEqual(['bare\n']);
});
