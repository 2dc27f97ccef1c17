import { startByHand } from '../support/hand-started.js';
import { startJamdev } from '../support/jamdev.js';
import { CONNECTIONS, loadByPosts } from '../support/load.js';
import { alternate } from '../support/statistics.js';

const KEY = 'bench';

/**
 * Connect requests for a key that is held by a running backend.
 * @type {import('../support/row.js').Measurement}
 */
export const connects = {
  name: 'connects',
  async run() {
    const jamdev = await startJamdev('hello.mjs');
    await jamdev.api.connectUntilReady(KEY);
    const { path, body } = jamdev.api.connectRequest(KEY);
    const bare = await startByHand(jamdev.project, 'hello.mjs');
    const medians = await alternate(
      { warmUp: 1, counted: 9 },
      async () => (await loadByPosts(jamdev.apiPort, path, body)).perSecond,
      async () => (await loadByPosts(bare.port, '/', body)).perSecond,
    );
    const what = `connect to a held key, ${CONNECTIONS} connections`;
    return [{ what, against: 'POST to a bare node:http', unit: '/s', ...medians }];
  },
};
