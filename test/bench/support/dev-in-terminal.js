import { join } from 'node:path';
import { firstAnswer } from './first-answer.js';
import { freePort } from './free-port.js';
import { Api } from './jamdev.js';
import { makeProject, ROOT } from './project.js';
import { Terminal } from './tmux.js';

/**
 * Starts `jamdev dev` in a real terminal.
 * @param {string} server a file of the folder `servers`
 * @param {readonly string[]} options
 */
export async function openDevInTerminal(server, options) {
  const project = makeProject(server);
  const [apiPort, proxyPort] = [await freePort(), await freePort()];
  const ports = ['--port', String(apiPort), '--proxy-port', String(proxyPort)];
  const dev = ['dev', project, '--command', `node ${server}`, ...ports, ...options];
  const screen = new Terminal();
  await screen.open(project, [process.execPath, join(ROOT, 'bin/jamdev.js'), ...dev]);
  const unknown = { gone: new AbortController().signal, output: () => 'see its terminal' };
  await firstAnswer(apiPort, '/auth', { ...unknown, startedAtMs: performance.now() });
  return { screen, api: new Api(apiPort), pid: await screen.pid(), close: () => screen.close() };
}
