import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { LineWriter } from '../../src/cli/terminal/line-writer.js';
import { Output, type OutputStream } from '../../src/cli/terminal/output.js';
import { Printed } from '../../src/cli/terminal/text.js';

/** A stream that accepts nothing until the test says so. */
class SlowStream extends EventEmitter {
  written: string[] = [];
  writableLength = 0;
  isTTY = false;
  columns = 20;
  rows = 10;

  write(text: string | Buffer): boolean {
    this.written.push(text.toString());
    this.writableLength += text.length;
    return false;
  }

  drain(): void {
    this.writableLength = 0;
    this.emit('drain');
  }

  getColorDepth(): number {
    return 1;
  }
}

function make(isTTY = false) {
  const stream = new SlowStream();
  stream.isTTY = isTTY;
  const output = new Output(stream as unknown as OutputStream);
  return { stream, output, writer: new LineWriter(output), all: () => stream.written.join('') };
}

test('output of backends is dropped while too much is waiting, and that is reported once there is room', () => {
  const { stream, writer } = make();
  const megabyte = 'x'.repeat(1024 * 1024 - 1);
  for (let index = 0; index < 9; index += 1) writer.writeOutput('a', [megabyte]);
  expect(stream.written).toHaveLength(9);
  writer.writeOutput('a', ['left out', 'left out']);
  writer.writeOutput('b', ['left out']);
  writer.write('said in any case');
  expect(stream.written.slice(9)).toEqual(['said in any case\n']);
  stream.drain();
  expect(stream.written.at(-1)).toContain('(3 lines were not shown because they were printed too fast');
  writer.writeOutput('a', ['shown again']);
  expect(stream.written.at(-1)).toBe('shown again\n');
});

test('lines left out of JSON output are reported as JSON', () => {
  const { stream, output } = make();
  const writer = new LineWriter(output, (lines) => output.json({ event: 'left-out', lines }));
  stream.writableLength = 9 * 1024 * 1024;
  writer.jsonOutput([{}, {}]);
  expect(stream.written).toEqual([]);
  stream.drain();
  expect(stream.written).toEqual(['{"event":"left-out","lines":2}\n']);
});

test('a live line is the last one until it ends, fits into the terminal, and is shown nowhere else', () => {
  const terminal = make(true);
  terminal.writer.live('build', '結合結合結合結合結合結合');
  expect(terminal.stream.written).toEqual(['\r\u001b[2K結合結合結合結合結']);
  terminal.writer.write('a line');
  expect(terminal.stream.written.slice(1)).toEqual(['\r\u001b[2Ka line\n', '\r\u001b[2K結合結合結合結合結']);
  terminal.writer.live('build', undefined);
  terminal.writer.write('another');
  expect(terminal.stream.written.slice(3)).toEqual(['\r\u001b[2K', 'another\n']);
  const pipe = make(false);
  pipe.writer.live('build', 'step 1');
  expect(pipe.stream.written).toEqual([]);
});

test('the newest of several live lines is shown, and after its end the previous one', () => {
  const { stream, writer } = make(true);
  writer.unfinished('a', 'prompt: ');
  writer.unfinished('b', '10%');
  writer.unfinished('b', '20%');
  writer.writeOutput('b', ['done']);
  writer.writeOutput('a', ['prompt: yes']);
  writer.close();
  expect(stream.written).toEqual([
    '\r\u001b[2Kprompt: ',
    '\r\u001b[2K10%',
    '\r\u001b[2K20%',
    '\r\u001b[2Kdone\n',
    '\r\u001b[2Kprompt: ',
    '\r\u001b[2Kprompt: yes\n',
  ]);
});

test('a screen takes over from the bare terminal', () => {
  const { stream, writer } = make(true);
  writer.live('build', 'step 1');
  const calls: string[] = [];
  writer.writeTo({ append: (text) => calls.push(text), live: (lines) => calls.push(`live ${lines.join()}`) });
  expect(stream.written.at(-1)).toBe('\r\u001b[2K');
  const before = stream.written.length;
  writer.live('build', 'step 2');
  writer.writeOutput('a', ['one', 'two']);
  writer.live('build', undefined);
  expect(calls).toEqual(['live step 1', 'live step 2', 'one\ntwo\n', 'live step 2', 'live ']);
  expect(stream.written).toHaveLength(before);
  writer.writeTo(undefined);
  writer.write('bare');
  expect(stream.written.slice(before)).toEqual(['bare\n']);
});

test('only the colors of printed lines reach a terminal', () => {
  const { stream, output, writer } = make(true);
  output.printedColors = true;
  const hostile = '\u001b]0;t\u0007\u001b[2J\u001b[31m\u202ename\n\u009b1A';
  writer.write(hostile);
  writer.writeOutput('a', [[hostile, new Printed(hostile)]]);
  writer.unfinished('a', [hostile, new Printed(hostile)]);
  expect(stream.written).toEqual(['name 1A\n', 'name 1A\u001b[31mname 1A\u001b[0m\n', '\r\u001b[2Kname 1Aname 1A']);
});

test.each<[string, (writer: LineWriter) => void, string]>([
  [
    'is extended as it grows',
    (writer) => {
      writer.unfinished('a', 'a | Na');
      writer.unfinished('a', 'a | Name: ');
      writer.writeOutput('a', ['a | Name: Ann', 'a | Hello']);
    },
    'a | Name: Ann\na | Hello\n',
  ],
  [
    'is written again when finished if its beginning has changed',
    (writer) => {
      for (const percent of [10, 50, 90]) writer.unfinished('a', `a | ${percent}%`);
      writer.writeOutput('a', ['a | done']);
    },
    'a | 10%\na | done\n',
  ],
  [
    'is written again when finished if other lines came in between',
    (writer) => {
      writer.unfinished('a', 'a | Name: ');
      writer.writeOutput('b', ['b | line']);
      writer.unfinished('a', 'a | Name: A');
      writer.writeOutput('a', ['a | Name: Ann']);
    },
    'a | Name: \nb | line\na | Name: Ann\n',
  ],
  [
    'is shown once per source, however often two of them change',
    (writer) => {
      for (const percent of [10, 50, 90]) {
        writer.unfinished('a', `a | ${percent}%`);
        writer.unfinished('b', `b | ${percent}%`);
      }
      writer.write('jamdev');
    },
    'a | 10%\nb | 10%\njamdev\n',
  ],
  [
    'ends when the output ends',
    (writer) => {
      writer.unfinished('a', 'a | Name: ');
      writer.close();
    },
    'a | Name: \n',
  ],
])('in a pipe an unfinished line %s', (_what, act, written) => {
  const { writer, all } = make();
  act(writer);
  expect(all()).toBe(written);
});
