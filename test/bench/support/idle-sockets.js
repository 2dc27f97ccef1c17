import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { start } from './processes.js';

const PROGRAM = fileURLToPath(new URL('../load/idle-sockets.mjs', import.meta.url));
const DEADLINE_MS = 180_000;

/**
 * Opens WebSockets from a process of their own, which keeps them open until it is stopped.
 * @param {number} port
 * @param {readonly string[]} paths the sockets take turns
 * @param {{ count: number, batch: number, first?: number }} sockets `batch` of them are opened at once
 * @returns {Promise<{ firstMs: number, allMs: number, echoAll(): Promise<void>, stop(): Promise<void> }>} once all are open;
 *   with the time that each took on average: each of the `first` ones, and of all
 */
export async function openIdleSockets(port, paths, { count, batch, first = count }) {
  const client = await start('node', [PROGRAM, JSON.stringify({ port, paths, count, batch, first })]);
  const { firstMs, allMs } = await lineOf(client, 0);
  const echoAll = async () => {
    process.kill(client.pid, 'SIGUSR2');
    await lineOf(client, 1);
  };
  return { firstMs, allMs, echoAll, stop: client.stop };
}

/**
 * @param {import('./processes.js').Started} client
 * @param {number} index
 */
async function lineOf(client, index) {
  for (let waitedMs = 0; waitedMs < DEADLINE_MS; waitedMs += 50) {
    const line = client.output().split('\n').slice(0, -1)[index];
    if (line?.startsWith('{')) return JSON.parse(line);
    if (client.gone.aborted) throw new Error(`WebSockets were not kept open:\n${client.output()}`);
    await pause(50);
  }
  throw new Error(`WebSockets were not opened in time:\n${client.output()}`);
}
