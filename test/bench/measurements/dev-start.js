import { startJamdev } from '../support/jamdev.js';
import { oldestAndNewestNode } from '../support/node-versions.js';
import { runToEnd } from '../support/processes.js';
import { alternate } from '../support/statistics.js';
import { makeTempFolder } from '../support/temp-folders.js';

/** On the oldest Node.js, and on the newest, which starts three times as fast. */
const REACH = [{ atMost: 3 }, { atMost: 4 }];

/**
 * From the start of `jamdev dev` to the first answer of its API: as its user sees it every day, with compiled code kept from
 * the starts before, and the very first time.
 * @type {import('../support/row.js').Measurement}
 */
export const devStart = {
  name: 'dev-start',
  async run() {
    const rows = [];
    for (const [index, { label, node }] of oldestAndNewestNode().entries()) {
      const bare = async () => (await runToEnd(node, ['-e', '0'])).ms;
      const stateHome = makeTempFolder();
      const again = await alternate({ warmUp: 2, counted: 15 }, () => timeStart(node, stateHome), bare);
      const first = await alternate({ warmUp: 1, counted: 7 }, () => timeStart(node, makeTempFolder()), bare);
      const what = `jamdev dev to its API, ${label}`;
      const same = { against: 'node -e 0', unit: 'ms' };
      rows.push({ what, ...same, ...again, reach: REACH[index] ?? { atMost: 3 } });
      rows.push({ what: `${what}, first start ever`, ...same, ...first });
    }
    return rows;
  },
};

/**
 * @param {string} node
 * @param {string} stateHome
 * @returns {Promise<number>} milliseconds
 */
async function timeStart(node, stateHome) {
  const jamdev = await startJamdev('hello.cjs', [], node, stateHome);
  await jamdev.stop();
  return jamdev.readyMs;
}
