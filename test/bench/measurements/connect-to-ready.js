import { startByHand } from '../support/hand-started.js';
import { startJamdev } from '../support/jamdev.js';
import { alternate } from '../support/statistics.js';

/**
 * From a connect request to the status `ready`, for a backend that has to be started.
 * @type {import('../support/row.js').Measurement}
 */
export const connectToReady = {
  name: 'connect-to-ready',
  async run() {
    const commonJs = await measure('hello.cjs');
    const esm = await measure('hello.mjs');
    /** @type {Pick<import('../support/row.js').Row, 'against' | 'unit' | 'reach'>} */
    const same = { against: 'started by hand', unit: 'ms', reach: { atMost: 1.2 } };
    return [
      { what: 'connect to ready, CommonJS', ...same, ...commonJs },
      { what: 'connect to ready, ES module', ...same, ...esm },
    ];
  },
};

/** @param {string} server */
async function measure(server) {
  const jamdev = await startJamdev(server);
  return alternate(
    { warmUp: 4, counted: 21 },
    async () => {
      const startedAtMs = performance.now();
      const { backend_id } = await jamdev.api.connectUntilReady();
      const ms = performance.now() - startedAtMs;
      await jamdev.api.kill(backend_id);
      return ms;
    },
    async () => {
      const byHand = await startByHand(jamdev.project, server);
      await byHand.stop();
      return byHand.readyMs;
    },
  );
}
