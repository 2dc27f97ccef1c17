import { onTestFinished } from 'vitest';
import type { Change } from '../../src/watch/change.js';
import { FileWatcher } from '../../src/watch/file-watcher.js';
import type { WatchRequest } from '../../src/watch/watch-request.js';
import { waitFor } from '../support/wait.js';

/** A watcher at work, with what it has told so far. */
export interface Watching {
  watcher: FileWatcher;
  /** Every batch of changes, each file as `what path`. */
  batches: string[][];
  changes: Change[];
  /** Messages of what is not watched. */
  problems: string[];
  /** Waits for the next batch after those seen, and gives it in order of path. */
  next(): Promise<string[]>;
  /** Does something, and gives all that was told of by the time that a change made after it is. */
  changesOf(action: () => unknown): Promise<string[]>;
}

/** Watches a folder as for a service of child processes, unless the request says otherwise. */
export async function startWatching(
  root: string,
  request: Partial<WatchRequest> = {},
  mark: () => unknown = () => undefined,
): Promise<Watching> {
  const watcher = new FileWatcher({
    kind: 'process',
    root,
    paths: [root],
    files: [],
    ignore: [],
    poll: undefined,
    ...request,
  });
  onTestFinished(() => watcher.close());
  const batches: string[][] = [];
  const changes: Change[] = [];
  const problems: string[] = [];
  watcher.events.on('changed', (batch) => {
    changes.push(...batch);
    batches.push(batch.map(({ what, path }) => `${what} ${path}`).sort());
  });
  watcher.events.on('problem', (error) => problems.push(error.message));
  await watcher.start();
  let seen = 0;
  const next = async () => {
    await waitFor(() => batches.length > seen, `a batch of changes after ${JSON.stringify(batches)}`);
    seen += 1;
    return batches[seen - 1] ?? [];
  };
  const changesOf = async (action: () => unknown) => {
    const before = batches.length;
    await action();
    mark();
    await waitFor(
      () =>
        batches
          .slice(before)
          .flat()
          .some((line) => line.endsWith(MARK)),
      'the mark',
    );
    seen = batches.length;
    return batches
      .slice(before)
      .flat()
      .filter((line) => !line.endsWith(MARK))
      .sort();
  };
  return { watcher, batches, changes, problems, next, changesOf };
}

/** A file that is changed after others, to know when they were all told of. */
export const MARK = 'zz-mark.txt';
