import { startJamdev } from '../support/jamdev.js';
import { oldestAndNewestNode } from '../support/node-versions.js';
import { runToEnd } from '../support/processes.js';
import { alternate } from '../support/statistics.js';

/** On the oldest Node.js, and on the newest, which starts three times as fast. */
const REACH = [{ atMost: 3 }, { atMost: 4 }];

/**
 * From the start of `jamdev dev` to the first answer of its API.
 * @type {import('../support/row.js').Measurement}
 */
export const devStart = {
  name: 'dev-start',
  async run() {
    const rows = [];
    for (const [index, { label, node }] of oldestAndNewestNode().entries()) {
      const medians = await alternate(
        { warmUp: 2, counted: 15 },
        async () => {
          const jamdev = await startJamdev('hello.cjs', [], node);
          await jamdev.stop();
          return jamdev.readyMs;
        },
        async () => (await runToEnd(node, ['-e', '0'])).ms,
      );
      const what = `jamdev dev to its API, ${label}`;
      rows.push({ what, against: 'node -e 0', unit: 'ms', ...medians, reach: REACH[index] ?? { atMost: 3 } });
    }
    return rows;
  },
};
