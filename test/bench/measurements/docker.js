import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Engine } from '../support/engine.js';
import { startJamdevIn } from '../support/jamdev.js';
import { alternate } from '../support/statistics.js';
import { makeTempFolder } from '../support/temp-folders.js';
import { saveVersion, untilVersion } from '../support/versions.js';
import { GATHER_MS } from './restart.js';

const AT_ONCE = 20;
const BETWEEN_MS = 1_500;

/**
 * The same as for child processes, with containers: needs an engine that has node:22-slim.
 * @type {import('../support/row.js').Measurement}
 */
export const docker = {
  name: 'docker',
  async run() {
    const engine = new Engine();
    if (!(await engine.answers())) {
      console.error('no Docker Engine answers: its measurements are left out');
      return [];
    }
    const folder = makeContainerProject();
    const jamdev = await startJamdevIn(folder, ['--on-change', 'restart', '--runtime', 'docker']);
    await jamdev.api.untilWatching();
    const connected = await jamdev.api.connectUntilReady('bench');
    const byHandFolder = makeContainerProject();
    await engine.build(byHandFolder);
    try {
      return [
        { what: 'connect to ready, Docker', ...DOCKER_RUN, ...(await connectToReady(jamdev.api, engine)) },
        {
          what: `${AT_ONCE} connects at once, Docker`,
          ...DOCKER_RUN,
          ...(await manyAtOnce(jamdev.api, engine)),
          reach: { atMost: 1 },
        },
        {
          what: 'save to new code, less 50 ms, Docker',
          ...DOCKER_RUN,
          against: 'docker build and run',
          reach: { atMost: 1.15 },
          ...(await restart(folder, byHandFolder, connected, engine)),
        },
      ];
    } finally {
      await jamdev.stop();
      await engine.cleanUp();
    }
  },
};

/** @type {Pick<import('../support/row.js').Row, 'against' | 'unit' | 'reach'>} */
const DOCKER_RUN = { against: 'docker run by hand', unit: 'ms', reach: { atMost: 0.4 } };

function makeContainerProject() {
  const folder = makeTempFolder();
  saveVersion(folder, 1);
  writeFileSync(
    join(folder, 'Dockerfile'),
    'FROM node:22-slim\nCOPY server.cjs /server.cjs\nCMD ["node", "/server.cjs"]\n',
  );
  return folder;
}

/** @param {import('../support/jamdev.js').Api} api @param {Engine} engine */
function connectToReady(api, engine) {
  return alternate(
    { warmUp: 2, counted: 11 },
    async () => {
      // As a person does: not right after the previous one, while the next container is starting ahead of time.
      await pause(BETWEEN_MS);
      const startedAtMs = performance.now();
      const { backend_id } = await api.connectUntilReady();
      const ms = performance.now() - startedAtMs;
      await api.kill(backend_id);
      return ms;
    },
    async () => {
      const container = await engine.run();
      await container.remove();
      return container.readyMs;
    },
  );
}

/** @param {import('../support/jamdev.js').Api} api @param {Engine} engine */
function manyAtOnce(api, engine) {
  const all = Array.from({ length: AT_ONCE });
  return alternate(
    { warmUp: 1, counted: 3 },
    async () => {
      const startedAtMs = performance.now();
      const connected = await Promise.all(all.map(() => api.connectUntilReady()));
      const ms = performance.now() - startedAtMs;
      await Promise.all(connected.map(({ backend_id }) => api.kill(backend_id)));
      return ms;
    },
    async () => {
      const startedAtMs = performance.now();
      const containers = await Promise.all(all.map(() => engine.run()));
      const ms = performance.now() - startedAtMs;
      await Promise.all(containers.map((container) => container.remove()));
      return ms;
    },
  );
}

/**
 * @param {string} folder
 * @param {string} byHandFolder
 * @param {import('../support/jamdev.js').Connected} connected
 * @param {Engine} engine
 */
async function restart(folder, byHandFolder, { url, backend_id }, engine) {
  let version = 1;
  await untilVersion(url, version);
  let byHand = await engine.run();
  const measured = await alternate(
    { warmUp: 1, counted: 9 },
    async () => {
      version += 1;
      const startedAtMs = performance.now();
      saveVersion(folder, version);
      await untilVersion(url, version);
      const ms = performance.now() - startedAtMs - GATHER_MS;
      await engine.untilReplaced(backend_id);
      return ms;
    },
    async () => {
      const startedAtMs = performance.now();
      saveVersion(byHandFolder, version);
      await engine.build(byHandFolder);
      await byHand.remove();
      byHand = await engine.run();
      return performance.now() - startedAtMs;
    },
  );
  await byHand.remove();
  return measured;
}
