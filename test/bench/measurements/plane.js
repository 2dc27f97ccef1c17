import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AT_ONCE, connectAndGet, firstAnswers, hardTerminations, KEY, rowsOf } from '../support/compare-peers.js';
import { Engine } from '../support/engine.js';
import { startJamdevIn } from '../support/jamdev.js';
import { CONNECTIONS, httpLoadTool, loadByEchoes, loadByGets, loadByPosts } from '../support/load.js';
import { hasPlane, startPlane } from '../support/plane.js';
import { makeContainerProject } from '../support/project.js';
import { proportionalMb } from '../support/proportional-memory.js';
import { alternateAll } from '../support/statistics.js';

/** Lazily loaded code is in memory by then. */
const SETTLE_MS = 3_000;

/** The number of concurrent connects in measurements of connects. */
const CONNECTING = 16;
/** The controller and the drone of Plane take no longer, so jamdev may not either. */
const NO_LONGER = { atMost: 1 };

/** @typedef {import('../support/compare-peers.js').Peer} Peer */
/** @typedef {import('../support/compare-peers.js').ComparedRow} ComparedRow */

/**
 * jamdev and Plane in turn, with containers of the same image. Needs Linux, an engine that has node:22-slim, and
 * Plane, which `test/engine/plane.sh install` installs.
 * @type {import('../support/row.js').Measurement}
 */
export const plane = {
  name: 'plane',
  async run() {
    if (!hasPlane()) return leftOut('Plane is not installed (test/engine/plane.sh install)');
    if (!(await new Engine().answers())) return leftOut('no Docker Engine answers');
    const jamdev = await startJamdevIn(makeContainerProject('echo.mjs'), ['--runtime', 'docker', '--no-watch']);
    const { backend_id } = await jamdev.api.connectUntilReady(KEY);
    const peer = await startPlane(await jamdev.api.imageOf(backend_id));
    try {
      const rows = [
        ...(await firstAnswers(jamdev, peer)).map((row) => (isOfMany(row) ? { ...row, reach: NO_LONGER } : row)),
        { ...(await hardTerminations(jamdev, peer)), reach: NO_LONGER },
        ...(await underLoad(jamdev, peer)),
        ...(await memory(jamdev, peer)),
      ];
      return rows.map((row) => ({ against: `Plane ${peer.version}`, ...row }));
    } finally {
      await jamdev.stop();
      await peer.stop();
    }
  },
};

/** @param {ComparedRow} row */
function isOfMany({ what }) {
  return what.includes('at once');
}

/** @param {string} why @returns {import('../support/row.js').Row[]} */
function leftOut(why) {
  console.error(`${why}: the comparison with Plane is left out`);
  return [];
}

/**
 * @param {Peer} jamdev
 * @param {Peer} peer
 * @returns {Promise<ComparedRow[]>}
 */
async function underLoad(jamdev, peer) {
  const rounds = { warmUp: 2, counted: 11 };
  /** @param {(peer: Peer, path: string) => Promise<import('../support/load.js').Load>} load */
  const compare = async (load) => {
    const paths = new Map();
    for (const each of [jamdev, peer]) paths.set(each, `/${(await each.api.connect(KEY)).token}/`);
    return alternateAll(
      rounds,
      () => load(jamdev, paths.get(jamdev)),
      () => load(peer, paths.get(peer)),
    );
  };
  const connects = await compare(({ api, apiPort }) => {
    const { path, body } = api.connectRequest(KEY);
    return loadByPosts(apiPort, path, body, {}, CONNECTING);
  });
  const gets = await compare(({ proxyPort }, path) => loadByGets(proxyPort, path));
  const echoes = await compare(({ proxyPort }, path) => loadByEchoes(`ws://localhost:${proxyPort}${path}`));
  return [
    ...rowsOf(`connect to a held key, ${CONNECTING} connections`, connects, 1.5),
    ...rowsOf(`proxied GET, ${CONNECTIONS} connections (${httpLoadTool})`, gets, 0.9),
    ...rowsOf(`WebSocket echo, ${CONNECTIONS} sockets`, echoes, 0.9),
  ];
}

/**
 * With {@link AT_ONCE} sessions and the one before. Shared memory counts once.
 * @param {Peer & { pid: number }} jamdev
 * @param {Peer & { version: string, pids: readonly number[], databasePid: number }} peer
 * @returns {Promise<ComparedRow[]>}
 */
async function memory(jamdev, peer) {
  const keys = Array.from({ length: AT_ONCE }, () => randomUUID());
  for (const { api, proxyPort } of [jamdev, peer]) {
    await Promise.all(keys.map((key) => connectAndGet(api, proxyPort, key)));
  }
  await pause(SETTLE_MS);
  const what = `memory, ${AT_ONCE + 1} sessions`;
  const value = proportionalMb([jamdev.pid]);
  const baseline = proportionalMb(peer.pids);
  const withDatabase = baseline + proportionalMb([peer.databasePid]);
  return [
    { what: `${what}, against its three processes`, unit: 'MB', value, baseline },
    { what: `${what}, against these and PostgreSQL`, unit: 'MB', value, baseline: withDatabase },
  ];
}
