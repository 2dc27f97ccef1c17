import { setTimeout as pause } from 'node:timers/promises';
import { Engine } from '../support/engine.js';
import { openIdleSockets } from '../support/idle-sockets.js';
import { startJamdev, startJamdevIn } from '../support/jamdev.js';
import { start } from '../support/processes.js';
import { makeContainerProject } from '../support/project.js';
import { residentMb } from '../support/resident-memory.js';
import { limited } from '../support/row.js';

const IDLE_LIMIT_MB = 70;
const BACKEND_LIMIT_KB = 150;
const SOCKET_LIMIT_KB = 12;
/** Earlier backends do not count: what the first ones load and compile is a constant. */
const PROCESSES = { before: 50, counted: 100, atOnce: 5 };
const CONTAINERS = { before: 5, counted: 20, atOnce: 3 };
const SOCKETS = { before: 1_000, counted: 4_000, batch: 50 };
/** Lazily loaded code is in memory by then. */
const SETTLE_MS = 5_000;

/** @typedef {Awaited<ReturnType<typeof startJamdev>>} Jamdev */

/**
 * Resident memory of the dev server's own process: idle, and what it takes more for every backend and every idle WebSocket.
 * @type {import('../support/row.js').Measurement}
 */
export const memory = {
  name: 'memory',
  async run() {
    const jamdev = await startJamdev('echo.mjs');
    const node = await start('node', ['-e', 'setInterval(() => {}, 1000)']);
    const idleMb = await settledMb(jamdev);
    const rows = [
      limited('memory of jamdev, idle', 'MB', idleMb, IDLE_LIMIT_MB),
      { what: '  the same', against: 'an idle node', unit: 'MB', value: idleMb, baseline: residentMb(node.pid) },
      limited('  more per process backend', 'kB', await perBackendKb(jamdev, PROCESSES), BACKEND_LIMIT_KB),
    ];
    await jamdev.stop();
    if (await new Engine().answers()) {
      const withContainers = await startJamdevIn(makeContainerProject('hello.mjs'), [
        '--runtime',
        'docker',
        '--no-watch',
      ]);
      await withContainers.api.connectUntilReady();
      const kb = await perBackendKb(withContainers, CONTAINERS);
      rows.push(limited('  more per container backend', 'kB', kb, BACKEND_LIMIT_KB));
      await withContainers.stop();
    } else {
      console.error('no Docker Engine answers: the memory for containers is left out');
    }
    const proxy = await startJamdev('echo.mjs');
    rows.push(limited('  more per idle WebSocket', 'kB', await perSocketKb(proxy), SOCKET_LIMIT_KB));
    return rows;
  },
};

/** @param {Jamdev} jamdev @param {typeof PROCESSES} counts */
async function perBackendKb(jamdev, { before, counted, atOnce }) {
  await jamdev.api.connectMany(before, atOnce);
  const beforeMb = await settledMb(jamdev);
  await jamdev.api.connectMany(counted, atOnce);
  return (((await settledMb(jamdev)) - beforeMb) * 1024) / counted;
}

/** @param {Jamdev} jamdev */
async function perSocketKb(jamdev) {
  const { token } = await jamdev.api.connectUntilReady();
  const open = (/** @type {number} */ count) =>
    openIdleSockets(jamdev.proxyPort, [`/${token}/`], { count, batch: SOCKETS.batch });
  await open(SOCKETS.before);
  const beforeMb = await settledMb(jamdev);
  await open(SOCKETS.counted);
  return (((await settledMb(jamdev)) - beforeMb) * 1024) / SOCKETS.counted;
}

/** @param {Jamdev} jamdev */
async function settledMb({ pid }) {
  await pause(SETTLE_MS);
  return residentMb(pid);
}
