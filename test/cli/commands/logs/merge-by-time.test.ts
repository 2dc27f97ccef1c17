import { describe, expect, test } from 'vitest';
import { mergeByTime } from '../../../../src/cli/commands/logs/merge-by-time.js';
import { waitFor } from '../../../support/wait.js';

interface Line {
  time: string;
  text: string;
}

/** A stream that the test feeds. */
class HandFed {
  readonly #waiting: (() => void)[] = [];
  readonly #lines: Line[] = [];
  #over = false;
  #failure: Error | undefined;

  push(...times: string[]): this {
    for (const time of times) this.#lines.push({ time, text: time });
    return this.#wake();
  }

  end(failure?: Error): this {
    this.#over = true;
    this.#failure = failure;
    return this.#wake();
  }

  #wake(): this {
    for (const wake of this.#waiting.splice(0)) wake();
    return this;
  }

  async *read(): AsyncGenerator<Line> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#over) return;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

function collect(streams: HandFed[]): { texts: string[]; done: Promise<void> } {
  const texts: string[] = [];
  const done = (async () => {
    for await (const { text } of mergeByTime(streams.map((stream) => stream.read()))) texts.push(text);
  })();
  done.catch(() => undefined);
  return { texts, done };
}

describe('streams that end', () => {
  test.each([
    ['none', [], []],
    ['one', [['1', '2']], ['1', '2']],
    ['empty ones', [[], ['1'], []], ['1']],
    ['interleaved', [['1', '4', '5'], ['2', '3', '6'], ['0']], ['0', '1', '2', '3', '4', '5', '6']],
    [
      'one after the other',
      [
        ['5', '6'],
        ['1', '2'],
      ],
      ['1', '2', '5', '6'],
    ],
  ])('%s', async (_name, lists, expected) => {
    const { texts, done } = collect(lists.map((times) => new HandFed().push(...times).end()));
    await done;
    expect(texts).toEqual(expected);
  });

  test('many lines of one stream are not delayed one by one', async () => {
    const times = Array.from({ length: 5_000 }, (_, index) => String(10_000 + index));
    const quiet = new HandFed();
    const { texts, done } = collect([new HandFed().push(...times).end(), quiet]);
    // A tenth of a second per line would take minutes.
    await waitFor(() => texts.length === times.length, 'all lines');
    quiet.end();
    await done;
  });
});

describe('live streams', () => {
  test('continue while others are quiet, and late lines still arrive', async () => {
    const [a, b] = [new HandFed(), new HandFed()];
    const { texts, done } = collect([a, b]);
    a.push('1', '2');
    await waitFor(() => texts.length === 2, 'the lines of the first');
    b.push('3');
    await waitFor(() => texts.length === 3, 'the line of the second');
    a.push('4');
    b.push('0');
    a.end();
    b.end();
    await done;
    expect(texts.slice(0, 3)).toEqual(['1', '2', '3']);
    expect(texts.slice(3).sort()).toEqual(['0', '4']);
  });

  test('end with an error when one of them fails', async () => {
    const [a, b] = [new HandFed(), new HandFed()];
    const { texts, done } = collect([a, b]);
    a.push('1');
    await waitFor(() => texts.length === 1, 'the line');
    b.end(new Error('broken'));
    await expect(done).rejects.toThrow('broken');
  });

  test('end without another line when the reader stops', async () => {
    const quiet = new HandFed();
    for await (const { text } of mergeByTime([new HandFed().push('1').end().read(), quiet.read()])) {
      expect(text).toBe('1');
      break;
    }
  });
});
