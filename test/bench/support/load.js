import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.js';

/** The number of connections of every load. */
export const CONNECTIONS = 32;
/** How long each round of load lasts. */
const SECONDS = 1;

/** The rate of requests that {@link steadyGets} sends. */
export const STEADY_PER_SECOND = 500;
const STEADY_SECONDS = 4;

const HTTP_LOAD = fileURLToPath(new URL('../load/http-load.mjs', import.meta.url));
const STEADY_LOAD = fileURLToPath(new URL('../load/steady-load.mjs', import.meta.url));
const SOCKET_LOAD = fileURLToPath(new URL('../load/socket-load.mjs', import.meta.url));

/** The program that sends GET requests: `wrk` if it is installed. */
export const httpLoadTool = spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined ? 'wrk' : 'node';

/**
 * How a server did under load.
 * @typedef {{ perSecond: number, p99Ms: number }} Load answers per second, and what 99 of 100 answers took at most
 */

/**
 * Sends GET requests, by `wrk` or else by a process of our own.
 * @param {number} port
 * @param {string} path
 * @returns {Promise<Load>}
 */
export async function loadByGets(port, path) {
  if (httpLoadTool === 'node') return httpLoad({ port, path, method: 'GET', body: '' });
  const url = `http://127.0.0.1:${port}${path}`;
  const host = `Host: localhost:${port}`;
  const { output } = await runToEnd('wrk', ['--latency', '-H', host, '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, url]);
  const rate = /^Requests\/sec: +([\d.]+)/m.exec(output)?.[1];
  const [, p99, unit] = /^ +99% +([\d.]+)(us|ms|s)$/m.exec(output) ?? [];
  if (rate === undefined || /^ *(Non-2xx|Socket errors)/m.test(output)) throw new Error(`wrk ${url}:\n${output}`);
  return { perSecond: Number(rate), p99Ms: Number(p99) * (unit === 's' ? 1_000 : unit === 'us' ? 0.001 : 1) };
}

/**
 * @param {number} port
 * @param {string} path
 * @returns {Promise<number>} GET requests answered per second, see {@link loadByGets}
 */
export async function getsPerSecond(port, path) {
  return (await loadByGets(port, path)).perSecond;
}

/**
 * Sends GET requests at a steady rate, far below what the server can do.
 * @param {number} port
 * @param {string} path
 * @returns {Promise<Load>}
 */
export async function steadyGets(port, path) {
  const load = { port, path, connections: CONNECTIONS, perSecond: STEADY_PER_SECOND, seconds: STEADY_SECONDS };
  return loadOf((await runToEnd('node', [STEADY_LOAD, JSON.stringify(load)])).output);
}

/**
 * Sends POST requests.
 * @param {number} port
 * @param {string} path
 * @param {string} body JSON
 * @param {Record<string, string>} [headers]
 * @param {number} [connections]
 * @returns {Promise<Load>}
 */
export async function loadByPosts(port, path, body, headers = {}, connections = CONNECTIONS) {
  return httpLoad({ port, path, method: 'POST', headers, body, connections });
}

/**
 * Sends WebSocket messages, which come back.
 * @param {string} url
 * @returns {Promise<Load>}
 */
export async function loadByEchoes(url) {
  return loadOf((await runToEnd('node', [SOCKET_LOAD, url, String(CONNECTIONS), String(SECONDS)])).output);
}

/**
 * @typedef {{ port: number, path: string, method: string, headers?: Record<string, string>, body: string, connections?: number }} HttpLoad
 * @param {HttpLoad} load
 */
async function httpLoad(load) {
  const argument = JSON.stringify({ connections: CONNECTIONS, ...load, seconds: SECONDS });
  return loadOf((await runToEnd('node', [HTTP_LOAD, argument])).output);
}

/**
 * @param {string} output
 * @returns {Load}
 */
function loadOf(output) {
  const load = JSON.parse(output);
  if (!(load.perSecond > 0)) throw new Error(`no rate: ${output}`);
  return load;
}
