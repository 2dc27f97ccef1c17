import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { errorCode } from '../../src/os/error-code.js';
import type { Change } from '../../src/watch/change.js';
import { FileWatcher } from '../../src/watch/file-watcher.js';
import type { WatchRequest } from '../../src/watch/watch-request.js';
import { waitFor } from '../support/wait.js';

/** A running watcher and its reports so far. */
export interface Watching {
  watcher: FileWatcher;
  /** Every batch, each change as `content src/a.js`, sorted. */
  batches: string[][];
  changes: Change[];
  /** Reports of what cannot be watched. */
  problems: string[];
  /**
   * Runs an action and resolves with the batches reported before a change made after it, so that no later batch can be
   * missed.
   */
  batchesOf(action: () => unknown): Promise<string[][]>;
  /** The same, with the changes of all batches in one list. */
  changesOf(action: () => unknown): Promise<string[]>;
}

/** A file in every watched folder, changed last to know when earlier changes have been reported. */
const MARK = 'zz-mark';

/**
 * Watches a folder as for a service with child processes, unless the request differs. Resolves when the fingerprints to
 * compare with exist.
 */
export async function startWatching(root: string, request: Partial<WatchRequest> = {}): Promise<Watching> {
  const mark = join(root, MARK);
  writeFileSync(mark, '');
  const common = { kind: 'process', root, files: [], ignore: [], poll: undefined } as const;
  const watcher = new FileWatcher({ ...common, ...request, paths: [...(request.paths ?? [root]), mark] });
  onTestFinished(() => watcher.close());
  const batches: string[][] = [];
  const changes: Change[] = [];
  const problems: string[] = [];
  watcher.events.on('changed', (batch) => {
    const others = batch.filter(({ path }) => path !== MARK);
    changes.push(...others);
    if (others.length > 0) batches.push(others.map(({ what, path }) => `${what} ${path}`).sort());
  });
  watcher.events.on('problem', (error) => problems.push(error.message === '' ? errorCode(error) : error.message));
  await watcher.start();
  await watcher.compared();
  const toldOfMark = async () => {
    const reported = new Promise<void>((resolve) => {
      const listener = (batch: Change[]) => {
        if (!batch.some(({ path }) => path === MARK)) return;
        watcher.events.off('changed', listener);
        resolve();
      };
      watcher.events.on('changed', listener);
    });
    writeFileSync(mark, String(performance.now()));
    let isTold = false;
    void reported.then(() => {
      isTold = true;
    });
    await waitFor(() => isTold, `the mark, after ${JSON.stringify(batches)} and ${problems.join(' ')}`);
  };
  const batchesOf = async (action: () => unknown) => {
    const before = batches.length;
    await action();
    await toldOfMark();
    return batches.slice(before);
  };
  const changesOf = async (action: () => unknown) => (await batchesOf(action)).flat().sort();
  return { watcher, batches, changes, problems, batchesOf, changesOf };
}
