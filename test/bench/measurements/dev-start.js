import { startJamdev } from '../support/jamdev.js';
import { runToEnd } from '../support/processes.js';
import { alternate } from '../support/statistics.js';

/**
 * From the start of `jamdev dev` to the first answer of its API.
 * @type {import('../support/row.js').Measurement}
 */
export const devStart = {
  name: 'dev-start',
  async run() {
    const medians = await alternate(
      { warmUp: 2, counted: 15 },
      async () => {
        const jamdev = await startJamdev('hello.cjs');
        await jamdev.stop();
        return jamdev.readyMs;
      },
      async () => (await runToEnd('node', ['-e', '0'])).ms,
    );
    return [{ what: 'jamdev dev to its API', against: 'node -e 0', unit: 'ms', ...medians, reach: { atMost: 5 } }];
  },
};
