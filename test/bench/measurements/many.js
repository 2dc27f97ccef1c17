import { execFileSync } from 'node:child_process';
import { openIdleSockets } from '../support/idle-sockets.js';
import { startJamdev } from '../support/jamdev.js';

const BACKENDS = 500;
const AT_ONCE = 50;
const SOCKETS = 10_000;
/** How many WebSockets are opened at once, and how many of the first ones all others are compared with. */
const BATCH = 50;
const FIRST_SOCKETS = 1_000;
/** A proxied WebSocket takes two, one on each side. */
const DESCRIPTORS_PER_SOCKET = 2;
/** What the dev server needs in addition, mainly for the output of backends. */
const OTHER_DESCRIPTORS = 3_000;

/**
 * Whether the time that each of many takes stays the same: process backends that are started by concurrent connects, and
 * idle WebSockets over some of them. Any failure ends it.
 * @type {import('../support/row.js').Measurement}
 */
export const many = {
  name: 'many',
  async run() {
    const jamdev = await startJamdev('echo.mjs');
    const startedAtMs = performance.now();
    const first = await jamdev.api.connectMany(AT_ONCE, AT_ONCE);
    const firstMs = (performance.now() - startedAtMs) / AT_ONCE;
    await jamdev.api.connectMany(BACKENDS - AT_ONCE, AT_ONCE);
    const allMs = (performance.now() - startedAtMs) / BACKENDS;
    const paths = first.map(({ token }) => `/${token}/`);
    const count = Math.min(SOCKETS, possibleSockets());
    if (count < SOCKETS) console.error(`the limit of open files (ulimit -Hn) allows no more than ${count} WebSockets`);
    const sockets = await openIdleSockets(jamdev.proxyPort, paths, { count, batch: BATCH, first: FIRST_SOCKETS });
    await sockets.echoAll();
    const linear = { unit: 'ms each', reach: { atMost: 1.3 } };
    return [
      {
        what: `${BACKENDS} process backends, ${AT_ONCE} connects at once`,
        against: `the first ${AT_ONCE}`,
        ...linear,
        value: allMs,
        baseline: firstMs,
      },
      {
        what: `${count.toLocaleString('en-US')} idle WebSockets over ${AT_ONCE} backends`,
        against: `the first ${FIRST_SOCKETS.toLocaleString('en-US')}`,
        ...linear,
        value: sockets.allMs,
        baseline: sockets.firstMs,
      },
    ];
  },
};

/** @returns {number} how many WebSockets one process can proxy, in whole batches */
function possibleSockets() {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit === 'unlimited') return SOCKETS;
  return Math.floor((Number(limit) - OTHER_DESCRIPTORS) / DESCRIPTORS_PER_SOCKET / BATCH) * BATCH;
}
