import { setTimeout as pause } from 'node:timers/promises';
import { startByHand } from '../support/hand-started.js';
import { startJamdev } from '../support/jamdev.js';
import { alternate } from '../support/statistics.js';

/** Time in which nothing starts. */
const BETWEEN_SESSIONS_MS = 500;

/**
 * From a connect request to the status `ready`, for a backend that must be started.
 * @type {import('../support/row.js').Measurement}
 */
export const connectToReady = {
  name: 'connect-to-ready',
  async run() {
    const commonJs = await measure('hello.cjs');
    const esm = await measure('hello.mjs');
    const app = await measure('express.mjs');
    const cold = await measure('hello.mjs', ['--warm', '0']);
    /** @type {Pick<import('../support/row.js').Row, 'against' | 'unit'>} */
    const same = { against: 'started by hand', unit: 'ms' };
    return [
      { what: 'connect to ready, CommonJS', ...same, ...commonJs, reach: { atMost: 0.3 } },
      { what: 'connect to ready, ES module', ...same, ...esm, reach: { atMost: 0.3 } },
      { what: 'connect to ready, Express and ws', ...same, ...app, reach: { atMost: 0.7 } },
      { what: 'connect to ready, ES module, no warm start', ...same, ...cold, reach: { atMost: 1.2 } },
    ];
  },
};

/**
 * @param {string} server
 * @param {readonly string[]} [options] of the dev server
 */
async function measure(server, options = []) {
  const jamdev = await startJamdev(server, options);
  return alternate(
    { warmUp: 4, counted: 21 },
    async () => {
      const startedAtMs = performance.now();
      const { backend_id } = await jamdev.api.connectUntilReady();
      const ms = performance.now() - startedAtMs;
      await jamdev.api.kill(backend_id);
      // Otherwise the next process starts ahead of time while the baseline is measured.
      await pause(BETWEEN_SESSIONS_MS);
      return ms;
    },
    async () => {
      const byHand = await startByHand(jamdev.project, server);
      await byHand.stop();
      return byHand.readyMs;
    },
  );
}
