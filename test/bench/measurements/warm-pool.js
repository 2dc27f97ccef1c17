import { startByHand } from '../support/hand-started.js';
import { makeProject } from '../support/project.js';
import { alternate } from '../support/statistics.js';
import { startWithPool } from '../support/warm-pool.js';

const SERVER = 'pooled.mjs';

/**
 * From a connect request to the status `ready`, for a child process from a warm pool that speaks the SDK's protocol.
 * @type {import('../support/row.js').Measurement}
 */
export const warmPool = {
  name: 'warm-pool',
  async run() {
    const { project, timeConnect } = await startWithPool(makeProject(SERVER), ['--command', `node ${SERVER}`]);
    const medians = await alternate({ warmUp: 4, counted: 21 }, timeConnect, async () => {
      const byHand = await startByHand(project, SERVER);
      await byHand.stop();
      return byHand.readyMs;
    });
    const reach = { atMost: 0.1 };
    return [{ what: 'connect to ready, warm pool', against: 'started by hand', unit: 'ms', ...medians, reach }];
  },
};
