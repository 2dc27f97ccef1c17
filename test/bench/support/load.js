import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.js';

/** How many connections all load has. */
export const CONNECTIONS = 32;
/** How long each round of load lasts. */
const SECONDS = 1;

const HTTP_LOAD = fileURLToPath(new URL('../load/http-load.mjs', import.meta.url));
const SOCKET_LOAD = fileURLToPath(new URL('../load/socket-load.mjs', import.meta.url));

/** What sends the GET requests: `wrk` where it is installed. */
export const httpLoadTool = spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined ? 'wrk' : 'node';

/**
 * @param {number} port
 * @param {string} path
 * @returns {Promise<number>} GET requests answered per second, by `wrk` or else by a process of our own
 */
export async function getsPerSecond(port, path) {
  if (httpLoadTool === 'node') return httpLoad({ port, path, method: 'GET', body: '' });
  const url = `http://127.0.0.1:${port}${path}`;
  const { output } = await runToEnd('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, url]);
  const rate = /^Requests\/sec: +([\d.]+)/m.exec(output)?.[1];
  if (rate === undefined || /^ *(Non-2xx|Socket errors)/m.test(output)) throw new Error(`wrk ${url}:\n${output}`);
  return Number(rate);
}

/**
 * @param {number} port
 * @param {string} path
 * @param {string} body JSON
 * @returns {Promise<number>} POST requests answered per second
 */
export async function postsPerSecond(port, path, body) {
  return httpLoad({ port, path, method: 'POST', body });
}

/**
 * @param {string} url
 * @returns {Promise<number>} WebSocket messages that came back per second
 */
export async function echoesPerSecond(url) {
  const { output } = await runToEnd('node', [SOCKET_LOAD, url, String(CONNECTIONS), String(SECONDS)]);
  return positive(output);
}

/**
 * @typedef {{ port: number, path: string, method: string, body: string }} HttpLoad
 * @param {HttpLoad} load
 */
async function httpLoad(load) {
  const argument = JSON.stringify({ ...load, connections: CONNECTIONS, seconds: SECONDS });
  const { output } = await runToEnd('node', [HTTP_LOAD, argument]);
  return positive(output);
}

/** @param {string} output */
function positive(output) {
  const rate = Number(output);
  if (!(rate > 0)) throw new Error(`no rate: ${output}`);
  return rate;
}
