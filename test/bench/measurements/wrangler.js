import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { getOnce } from '../support/get-once.js';
import { startJamdev, startJamdevIn } from '../support/jamdev.js';
import { CONNECTIONS, getsPerSecond, httpLoadTool } from '../support/load.js';
import { makeProject } from '../support/project.js';
import { proportionalMb } from '../support/proportional-memory.js';
import { alternate } from '../support/statistics.js';
import { untilVersion } from '../support/versions.js';
import { startWithPool } from '../support/warm-pool.js';
import { makeWranglerProject, provideWrangler, startWrangler } from '../support/wrangler.js';

const SERVER = 'versioned-echo.mjs';
const KEY = 'bench';
const BETWEEN_MS = 1_500;
/** Lazily loaded code is in memory by then. */
const SETTLE_MS = 5_000;

/** @typedef {Awaited<ReturnType<typeof startJamdev>>} Jamdev */
/** @typedef {Awaited<ReturnType<typeof startWrangler>>} Wrangler */
/** @typedef {Omit<import('../support/row.js').Row, 'against'>} Row */

/**
 * `jamdev dev` and `wrangler dev` in turn: a session and a Durable Object that do the same echo, as a user would choose.
 * @type {import('../support/row.js').Measurement}
 */
export const wrangler = {
  name: 'wrangler',
  async run() {
    const version = provideWrangler();
    if (version === undefined) {
      console.error("wrangler can't be had from npm: the comparison with it is left out");
      return [];
    }
    const [project, theirs] = [makeProject(SERVER), makeWranglerProject()];
    const rows = [await starts(project, theirs.folder)];
    const jamdev = await startJamdevIn(project, ['--command', `node ${SERVER}`]);
    await jamdev.api.untilWatching();
    const other = await startWrangler(theirs.folder);
    rows.push(...(await newKeys(other)), await memory(jamdev, other), await gets(jamdev, other));
    rows.push(await saves(jamdev, other, theirs.file));
    return rows.map((row) => ({ against: `wrangler dev ${version}`, ...row }));
  },
};

/**
 * From the start of the program to the first answer of a session or an object.
 * @param {string} project
 * @param {string} theirFolder
 * @returns {Promise<Row>}
 */
async function starts(project, theirFolder) {
  const medians = await alternate(
    { warmUp: 1, counted: 7 },
    async () => {
      const jamdev = await startJamdevIn(project, ['--command', `node ${SERVER}`]);
      await firstOf(jamdev);
      const ms = performance.now() - jamdev.startedAtMs;
      await jamdev.stop();
      return ms;
    },
    async () => {
      const other = await startWrangler(theirFolder);
      await other.stop();
      return other.readyMs;
    },
  );
  return { what: 'start to the first answer of a session', unit: 'ms', ...medians };
}

/** @param {Wrangler} other @returns {Promise<Row[]>} */
async function newKeys(other) {
  const plain = await startJamdev('hello.cjs');
  const pooled = await startWithPool(makeProject('pooled.mjs'), ['--command', 'node pooled.mjs']);
  const newObject = async () => {
    const startedAtMs = performance.now();
    await getOnce(other.port, `/${randomUUID()}`);
    return performance.now() - startedAtMs;
  };
  const rounds = { warmUp: 4, counted: 21 };
  const warm = await alternate(
    rounds,
    async () => {
      // As a person does: not right after another, while the next one is being started.
      await pause(BETWEEN_MS);
      return newKey(plain);
    },
    newObject,
  );
  const fromPool = await alternate(
    rounds,
    async () => {
      await pooled.untilPooled();
      return newKey(pooled);
    },
    newObject,
  );
  await Promise.all([plain.stop(), pooled.stop()]);
  const what = 'new key to first answer';
  return [
    { what: `${what}, warm start, plain http`, unit: 'ms', ...warm, reach: { atMost: 1.5 } },
    { what: `${what}, warm pool`, unit: 'ms', ...fromPool, reach: { atMost: 1 } },
  ];
}

/** @param {Jamdev} jamdev */
async function newKey(jamdev) {
  const startedAtMs = performance.now();
  const id = await firstOf(jamdev, randomUUID());
  const ms = performance.now() - startedAtMs;
  await jamdev.api.kill(id);
  return ms;
}

/** @param {Jamdev} jamdev @param {string} [key] @returns {Promise<string>} the backend's id, once it has answered */
async function firstOf({ api, proxyPort }, key = KEY) {
  const { backend_id, token } = await api.connect(key);
  await getOnce(proxyPort, `/${token}/`);
  return backend_id;
}

/**
 * With one session and one object, of all processes; what they share counts once.
 * @param {Jamdev} jamdev
 * @param {Wrangler} other
 * @returns {Promise<Row>}
 */
async function memory(jamdev, other) {
  await firstOf(jamdev);
  await pause(SETTLE_MS);
  const [value, baseline] = [proportionalMb([jamdev.pid]), proportionalMb([other.pid])];
  return { what: 'memory of all processes, idle, one session', unit: 'MB', value, baseline };
}

/** @param {Jamdev} jamdev @param {Wrangler} other @returns {Promise<Row>} */
async function gets(jamdev, other) {
  const { token } = await jamdev.api.connectUntilReady(KEY);
  const medians = await alternate(
    { warmUp: 1, counted: 7 },
    () => getsPerSecond(jamdev.proxyPort, `/${token}/`),
    () => getsPerSecond(other.port, '/bench'),
  );
  return { what: `GET, ${CONNECTIONS} connections (${httpLoadTool})`, unit: '/s', ...medians };
}

/**
 * From a save to the first answer of the new code.
 * @param {Jamdev} jamdev
 * @param {Wrangler} other
 * @param {string} theirFile
 * @returns {Promise<Row>}
 */
async function saves(jamdev, other, theirFile) {
  const { url } = await jamdev.api.connectUntilReady(KEY);
  const ownFile = join(jamdev.project, SERVER);
  let version = 1;
  const time = async (/** @type {string} */ file, /** @type {string} */ at) => {
    version += 1;
    const startedAtMs = performance.now();
    writeFileSync(file, readFileSync(file, 'utf8').replace(/'version \d+\.'/, `'version ${version}.'`));
    await untilVersion(at, version);
    return performance.now() - startedAtMs;
  };
  const medians = await alternate(
    { warmUp: 1, counted: 9 },
    () => time(ownFile, url),
    () => time(theirFile, `http://localhost:${other.port}/bench`),
  );
  return { what: 'save to new code', unit: 'ms', ...medians };
}
