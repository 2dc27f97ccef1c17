import { startByHand } from '../support/hand-started.js';
import { startJamdev } from '../support/jamdev.js';
import { CONNECTIONS, getsPerSecond, httpLoadTool } from '../support/load.js';
import { makeProject } from '../support/project.js';
import { alternate } from '../support/statistics.js';

/**
 * GET requests through the proxy, and through a bare http-proxy-middleware to the same backend.
 * @type {import('../support/row.js').Measurement}
 */
export const proxiedGet = {
  name: 'proxied-get',
  async run() {
    const jamdev = await startJamdev('hello.mjs');
    const { url, token } = await jamdev.api.connectUntilReady();
    const backendPort = Number(await (await fetch(url)).text());
    const target = `http://127.0.0.1:${backendPort}`;
    const bareProxy = await startByHand(makeProject('bare-proxy.mjs'), 'bare-proxy.mjs', { TARGET: target });
    const medians = await alternate(
      { warmUp: 2, counted: 21 },
      () => getsPerSecond(jamdev.proxyPort, `/${token}/`),
      () => getsPerSecond(bareProxy.port, '/'),
    );
    return [
      {
        what: `proxied GET, ${CONNECTIONS} connections (${httpLoadTool})`,
        against: 'bare http-proxy-middleware',
        unit: '/s',
        ...medians,
        reach: { atLeast: 1.8 },
      },
    ];
  },
};
