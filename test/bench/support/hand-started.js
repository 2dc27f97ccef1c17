import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { start } from './processes.js';

/**
 * Starts a server as one does by hand: `node server.js`, with a port in PORT.
 * @param {string} folder
 * @param {string} server its file
 * @param {Record<string, string>} [env]
 */
export async function startByHand(folder, server, env = {}) {
  const port = await freePort();
  const started = await start('node', [server], { cwd: folder, env: { ...env, PORT: String(port) } });
  const readyMs = await firstAnswer(port, '/', started);
  return { ...started, port, readyMs };
}
