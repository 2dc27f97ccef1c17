import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { startJamdev } from '../support/jamdev.js';
import { STEADY_PER_SECOND, steadyGets } from '../support/load.js';
import { start } from '../support/processes.js';
import { limited } from '../support/row.js';
import { alternateAll } from '../support/statistics.js';

const LIMIT_MS = 1;
const LIMIT_IN_FLOOD_MS = 3;
const ROUNDS = { warmUp: 1, counted: 7 };
const READ_STREAM = fileURLToPath(new URL('../load/read-stream.mjs', import.meta.url));

/**
 * What the proxy adds to the time of requests at a steady rate: alone, and while another backend floods its log and a client
 * of the API reads that as a stream. The direct requests of a round are sent under the same conditions.
 * @type {import('../support/row.js').Measurement}
 */
export const latency = {
  name: 'latency',
  async run() {
    const jamdev = await startJamdev('flood.mjs');
    const { url, token } = await jamdev.api.connectUntilReady();
    const backendPort = Number(await (await fetch(url)).text());
    const compare = () =>
      alternateAll(
        ROUNDS,
        () => steadyGets(jamdev.proxyPort, `/${token}/`),
        () => steadyGets(backendPort, '/'),
      );
    const alone = await compare();
    const stopFlood = await startFlood(jamdev);
    const inFlood = await compare();
    stopFlood();
    return [
      ...rowsOf(`GET at ${STEADY_PER_SECOND}/s`, alone, LIMIT_MS),
      ...rowsOf(`GET at ${STEADY_PER_SECOND}/s while a log is flooded and streamed`, inFlood, LIMIT_IN_FLOOD_MS),
    ];
  },
};

/**
 * @param {string} what
 * @param {Awaited<ReturnType<typeof alternateAll<'perSecond' | 'p99Ms'>>>} medians
 * @param {number} limitMs
 * @returns {import('../support/row.js').Row[]}
 */
function rowsOf(what, { p99Ms }, limitMs) {
  return [
    { what: `${what}, 99 of 100 within`, against: 'direct', unit: 'ms', ...p99Ms },
    limited('  added by the proxy', 'ms', p99Ms.difference, limitMs),
  ];
}

/** @param {Awaited<ReturnType<typeof startJamdev>>} jamdev @returns {Promise<() => void>} ends it */
async function startFlood({ api, apiPort }) {
  const { backend_id, url } = await api.connectUntilReady();
  await start('node', [READ_STREAM, `http://127.0.0.1:${apiPort}/v2/backend/${backend_id}/logs/stream`]);
  const flood = request(url, { method: 'POST', agent: false });
  flood.on('error', () => undefined);
  flood.end();
  return () => flood.destroy();
}
