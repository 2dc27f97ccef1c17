import { setTimeout as pause } from 'node:timers/promises';
import { startByHand } from '../support/hand-started.js';
import { startJamdevIn } from '../support/jamdev.js';
import { alternate } from '../support/statistics.js';
import { makeTempFolder } from '../support/temp-folders.js';
import { saveVersion, untilVersion } from '../support/versions.js';

/** How long jamdev intentionally gathers changes; not counted. */
export const GATHER_MS = 50;

/** Time in which a person looks at the change. */
const BETWEEN_SAVES_MS = 500;

/**
 * From a save to the new code answering, through the same connection URL, with `onChange` at `restart`.
 * @type {import('../support/row.js').Measurement}
 */
export const restart = {
  name: 'restart',
  async run() {
    const folder = makeTempFolder();
    const byHandFolder = makeTempFolder();
    let version = 1;
    saveVersion(folder, version);
    saveVersion(byHandFolder, version);
    const args = ['--command', 'node server.cjs', '--on-change', 'restart'];
    const jamdev = await startJamdevIn(folder, args);
    await jamdev.api.untilWatching();
    const { url } = await jamdev.api.connectUntilReady('bench');
    await untilVersion(url, version);
    let byHand = await startByHand(byHandFolder, 'server.cjs');
    const measured = await alternate(
      { warmUp: 2, counted: 15 },
      async () => {
        version += 1;
        const startedAtMs = performance.now();
        saveVersion(folder, version);
        await untilVersion(url, version);
        const ms = performance.now() - startedAtMs - GATHER_MS;
        // Otherwise the next process starts ahead of time while the baseline is measured.
        await pause(BETWEEN_SAVES_MS);
        return ms;
      },
      async () => {
        const startedAtMs = performance.now();
        saveVersion(byHandFolder, version);
        await byHand.stop();
        byHand = await startByHand(byHandFolder, 'server.cjs');
        return performance.now() - startedAtMs;
      },
    );
    const what = 'save to new code, less 50 ms';
    return [{ what, against: 'kill and start by hand', unit: 'ms', reach: { atMost: 0.7 }, ...measured }];
  },
};
