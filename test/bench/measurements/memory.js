import { startJamdev } from '../support/jamdev.js';
import { start } from '../support/processes.js';
import { residentMb } from '../support/resident-memory.js';

const BACKENDS = 50;
const STARTED_AT_ONCE = 5;
/** What is loaded late is loaded by then. */
const SETTLE_MS = 3_000;

/**
 * Resident memory of the dev server's own process.
 * @type {import('../support/row.js').Measurement}
 */
export const memory = {
  name: 'memory',
  async run() {
    const jamdev = await startJamdev('hello.cjs');
    const node = await start('node', ['-e', 'setInterval(() => {}, 1000)']);
    await settle();
    const idleMb = residentMb(jamdev.pid);
    const nodeMb = residentMb(node.pid);
    for (let started = 0; started < BACKENDS; started += STARTED_AT_ONCE) {
      await Promise.all(Array.from({ length: STARTED_AT_ONCE }, () => jamdev.api.connectUntilReady()));
    }
    await settle();
    const busyMb = residentMb(jamdev.pid);
    return [
      { what: 'memory of jamdev, idle', against: 'an idle node', unit: 'MB', value: idleMb, baseline: nodeMb },
      {
        what: `memory of jamdev, ${BACKENDS} backends`,
        against: 'jamdev, idle',
        unit: 'MB',
        value: busyMb,
        baseline: idleMb,
      },
    ];
  },
};

function settle() {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
