import { startByHand } from '../support/hand-started.js';
import { startJamdev } from '../support/jamdev.js';
import { CONNECTIONS, loadByEchoes } from '../support/load.js';
import { makeProject } from '../support/project.js';
import { alternate } from '../support/statistics.js';

const ROUNDS = { warmUp: 1, counted: 9 };

/**
 * WebSocket messages to a backend and back: through the proxy, through a bare http-proxy-middleware, and directly.
 * @type {import('../support/row.js').Measurement}
 */
export const websocketEcho = {
  name: 'websocket-echo',
  async run() {
    const jamdev = await startJamdev('echo.mjs');
    const { url, token } = await jamdev.api.connectUntilReady();
    const backendPort = Number(await (await fetch(url)).text());
    const target = `http://127.0.0.1:${backendPort}`;
    const bareProxy = await startByHand(makeProject('bare-proxy.mjs'), 'bare-proxy.mjs', { TARGET: target });
    const through = async (/** @type {number} */ port, path = '/') =>
      (await loadByEchoes(`ws://127.0.0.1:${port}${path}`)).perSecond;
    const proxied = () => through(jamdev.proxyPort, `/${token}/`);
    const same = { what: `WebSocket echo, ${CONNECTIONS} sockets`, unit: '/s' };
    const bare = await alternate(ROUNDS, proxied, () => through(bareProxy.port));
    const direct = await alternate(ROUNDS, proxied, () => through(backendPort));
    return [
      { ...same, against: 'bare http-proxy-middleware', ...bare, reach: { atLeast: 0.95 } },
      { ...same, against: 'direct', ...direct },
    ];
  },
};
