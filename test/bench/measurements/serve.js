import { firstAnswers, KEY, rowsOf } from '../support/compare-peers.js';
import { Engine } from '../support/engine.js';
import { Api, startJamdevIn } from '../support/jamdev.js';
import { CONNECTIONS, httpLoadTool, loadByEchoes, loadByGets, loadByPosts } from '../support/load.js';
import { hasPlane, startController, startPlane } from '../support/plane.js';
import { makeContainerProject } from '../support/project.js';
import { addBackends, createDatabase, startServe } from '../support/serve.js';
import { alternate, alternateAll } from '../support/statistics.js';

const LISTED = 500;
const LIST_LIMIT_MS = 300;
const ROUNDS = { warmUp: 2, counted: 11 };

/** @typedef {import('../support/compare-peers.js').Peer} Peer */
/** @typedef {import('../support/load.js').Load} Load */

/**
 * `jamdev serve` against the API of the Plane behind it, and Plane's proxy against that of `jamdev dev`, with containers of
 * the same image. Has the same requirements as the measurement `plane`.
 * @type {import('../support/row.js').Measurement}
 */
export const serve = {
  name: 'serve',
  async run() {
    if (!hasPlane()) return leftOut('Plane is not installed (test/engine/plane.sh install)');
    if (!(await new Engine().answers())) return leftOut('no Docker Engine answers');
    const dev = await startJamdevIn(makeContainerProject('echo.mjs'), ['--runtime', 'docker', '--no-watch']);
    const { backend_id } = await dev.api.connectUntilReady(KEY);
    const image = await dev.api.imageOf(backend_id);
    const plane = await startPlane(image);
    try {
      const database = await createDatabase(plane);
      const one = await startServe(plane, plane.controllerUrl, database, image);
      const answers = await firstAnswers(one, plane);
      const against = `Plane ${plane.version}`;
      return [
        ...answers.map((row) => ({ against, ...row, ...(isOfSpawns(row) && { reach: { atMost: 1.1 } }) })),
        ...(await connects(one, plane)).map((row) => ({ against, ...row })),
        ...(await connectsThroughTwo(one, plane, database, image)).map((row) => ({ against, ...row })),
        await list(one, database),
        ...(await proxied(one, dev)).map((row) => ({ against: 'jamdev dev', ...row })),
      ];
    } finally {
      await dev.stop();
      await plane.stop();
    }
  },
};

/** @param {string} why @returns {import('../support/row.js').Row[]} */
function leftOut(why) {
  console.error(`${why}: the measurements of jamdev serve are left out`);
  return [];
}

/** @param {import('../support/compare-peers.js').ComparedRow} row */
function isOfSpawns({ what }) {
  return what.includes('new key');
}

/**
 * Connects to a key that is held.
 * @param {Peer} one
 * @param {Peer} plane
 */
async function connects(one, plane) {
  const rows = await compareConnects([one], [plane], '');
  return rows.map((row, index) => ({ ...row, ...(index === 0 && { reach: { atLeast: 0.5 } }) }));
}

/**
 * The same through two `jamdev serve`, each with a controller of its own, against the two controllers.
 * @param {Peer} one
 * @param {Awaited<ReturnType<typeof startPlane>>} plane
 * @param {Awaited<ReturnType<typeof createDatabase>>} database
 * @param {string} image
 */
async function connectsThroughTwo(one, plane, database, image) {
  const controller = await startController(plane, image);
  const two = await startServe(plane, controller.url, database, image);
  return compareConnects([one, two], [plane, { ...controller, proxyPort: plane.proxyPort }], ', two of each');
}

/**
 * @param {readonly Peer[]} subjects loaded at once
 * @param {readonly Peer[]} baselines loaded at once
 * @param {string} how
 */
async function compareConnects(subjects, baselines, how) {
  for (const { api } of [...subjects, ...baselines]) await api.connect(KEY);
  const medians = await alternateAll(
    ROUNDS,
    () => loadTogether(subjects),
    () => loadTogether(baselines),
  );
  return rowsOf(`connect to a held key, ${CONNECTIONS} connections${how}`, medians);
}

/**
 * @param {readonly Peer[]} peers
 * @returns {Promise<Load>}
 */
async function loadTogether(peers) {
  const loads = await Promise.all(
    peers.map(({ api, apiPort }) => {
      const { path, body } = api.connectRequest(KEY);
      return loadByPosts(apiPort, path, body, api.headers);
    }),
  );
  return {
    perSecond: loads.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p99Ms: Math.max(...loads.map(({ p99Ms }) => p99Ms)),
  };
}

/**
 * The list of an account with many backends.
 * @param {Peer} one
 * @param {Awaited<ReturnType<typeof createDatabase>>} database
 * @returns {Promise<import('../support/row.js').Row>}
 */
async function list(one, database) {
  const account = 'crowded';
  const token = await addBackends(database, account, LISTED);
  const api = new Api(one.apiPort, { authorization: `Bearer ${token}` });
  const { value } = await alternate(
    ROUNDS,
    async () => {
      const startedAtMs = performance.now();
      const { length } = await api.list(account);
      if (length !== LISTED) throw new Error(`listed ${length} backends of ${LISTED}`);
      return performance.now() - startedAtMs;
    },
    async () => LIST_LIMIT_MS,
  );
  const what = `list of ${LISTED} backends`;
  return { what, against: 'what is allowed', unit: 'ms', value, baseline: LIST_LIMIT_MS, reach: { atMost: 1 } };
}

/**
 * Through the connection URLs of both.
 * @param {Peer} one
 * @param {Peer} dev
 */
async function proxied(one, dev) {
  const paths = new Map();
  for (const peer of [one, dev]) paths.set(peer, `/${(await peer.api.connect(KEY)).token}/`);
  /** @param {(peer: Peer, path: string) => Promise<Load>} load */
  const compare = (load) =>
    alternateAll(
      ROUNDS,
      () => load(one, paths.get(one)),
      () => load(dev, paths.get(dev)),
    );
  const gets = await compare(({ proxyPort }, path) => loadByGets(proxyPort, path));
  const echoes = await compare(({ proxyPort }, path) => loadByEchoes(`ws://localhost:${proxyPort}${path}`));
  return [
    ...rowsOf(`proxied GET, ${CONNECTIONS} connections (${httpLoadTool})`, gets),
    ...rowsOf(`WebSocket echo, ${CONNECTIONS} sockets`, echoes),
  ];
}
