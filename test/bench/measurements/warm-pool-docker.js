import { Engine } from '../support/engine.js';
import { makeContainerProject } from '../support/project.js';
import { alternate } from '../support/statistics.js';
import { startWithPool } from '../support/warm-pool.js';

/**
 * The same as warm-pool with containers: needs an engine that has node:22-slim.
 * @type {import('../support/row.js').Measurement}
 */
export const warmPoolDocker = {
  name: 'warm-pool-docker',
  async run() {
    const engine = new Engine();
    if (!(await engine.answers())) {
      console.error('no Docker Engine answers: containers in a warm pool are left out');
      return [];
    }
    const folder = makeContainerProject('pooled.mjs');
    await engine.build(folder);
    const { timeConnect, stop } = await startWithPool(folder, ['--runtime', 'docker', '--no-watch']);
    try {
      const medians = await alternate({ warmUp: 2, counted: 11 }, timeConnect, async () => {
        const container = await engine.run();
        await container.remove();
        return container.readyMs;
      });
      const what = 'connect to ready, warm pool, Docker';
      return [{ what, against: 'docker run by hand', unit: 'ms', ...medians, reach: { atMost: 0.1 } }];
    } finally {
      await stop();
      await engine.cleanUp();
    }
  },
};
