import { startJamdev } from '../support/jamdev.js';
import { CONNECTIONS, loadByEchoes } from '../support/load.js';
import { alternate } from '../support/statistics.js';

/**
 * WebSocket messages to a backend and back, through the proxy and directly.
 * @type {import('../support/row.js').Measurement}
 */
export const websocketEcho = {
  name: 'websocket-echo',
  async run() {
    const jamdev = await startJamdev('echo.mjs');
    const { url, token } = await jamdev.api.connectUntilReady();
    const backendPort = Number(await (await fetch(url)).text());
    const medians = await alternate(
      { warmUp: 1, counted: 9 },
      async () => (await loadByEchoes(`ws://127.0.0.1:${jamdev.proxyPort}/${token}/`)).perSecond,
      async () => (await loadByEchoes(`ws://127.0.0.1:${backendPort}/`)).perSecond,
    );
    return [{ what: `WebSocket echo, ${CONNECTIONS} sockets`, against: 'direct', unit: '/s', ...medians }];
  },
};
