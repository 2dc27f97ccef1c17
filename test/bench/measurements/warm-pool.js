import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../support/engine.js';
import { startByHand } from '../support/hand-started.js';
import { startJamdevIn } from '../support/jamdev.js';
import { makeContainerProject, makeProject } from '../support/project.js';
import { alternate } from '../support/statistics.js';

const SERVER = 'pooled.mjs';
const POOL = 2;
const REACH = { atMost: 0.1 };

/**
 * From a connect request to the status `ready`, for a backend from a warm pool that speaks the SDK's protocol.
 * @type {import('../support/row.js').Measurement}
 */
export const warmPool = {
  name: 'warm-pool',
  async run() {
    const rows = [await measureProcess()];
    if (await new Engine().answers()) rows.push(await measureContainer());
    else console.error('no Docker Engine answers: containers in a warm pool are left out');
    return rows;
  },
};

/** @returns {Promise<import('../support/row.js').Row>} */
async function measureProcess() {
  const jamdev = await startWithPool(makeProject(SERVER), ['--command', `node ${SERVER}`]);
  const medians = await alternate(
    { warmUp: 4, counted: 21 },
    () => connect(jamdev.api),
    async () => {
      const byHand = await startByHand(jamdev.project, SERVER);
      await byHand.stop();
      return byHand.readyMs;
    },
  );
  await jamdev.stop();
  return { what: 'connect to ready, warm pool', against: 'started by hand', unit: 'ms', ...medians, reach: REACH };
}

/** @returns {Promise<import('../support/row.js').Row>} */
async function measureContainer() {
  const folder = makeContainerProject(SERVER);
  const engine = new Engine();
  await engine.build(folder);
  const jamdev = await startWithPool(folder, ['--runtime', 'docker', '--no-watch']);
  try {
    const medians = await alternate(
      { warmUp: 2, counted: 11 },
      () => connect(jamdev.api),
      async () => {
        const container = await engine.run();
        await container.remove();
        return container.readyMs;
      },
    );
    const what = 'connect to ready, warm pool, Docker';
    return { what, against: 'docker run by hand', unit: 'ms', ...medians, reach: REACH };
  } finally {
    await jamdev.stop();
    await engine.cleanUp();
  }
}

/** @param {string} folder @param {readonly string[]} options */
async function startWithPool(folder, options) {
  writeFileSync(join(folder, 'jamsocket.config.json'), JSON.stringify({ warmPool: POOL }));
  return startJamdevIn(folder, options);
}

/** Begins with a full pool: what fills it again must not slow down what is measured. @param {import('../support/jamdev.js').Api} api */
async function connect(api) {
  await api.untilPooled(POOL);
  const startedAtMs = performance.now();
  const { backend_id } = await api.connectUntilReady();
  const ms = performance.now() - startedAtMs;
  await api.kill(backend_id);
  return ms;
}
