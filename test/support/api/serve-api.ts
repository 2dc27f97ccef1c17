import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createToken } from '../../../src/store/api-tokens.js';
import { type OpenStore, openStore } from '../../../src/store/open-store.js';
import { keepServe, type ServeRun, type TestCluster } from '../serve.js';
import { ApiExpectations } from './differences.js';
import { type ApiTarget, SERVICES, TestApi } from './test-api.js';

/** One `jamdev serve` for all tests of a `describe`, each with its own account. */
export interface ServeTarget extends ApiTarget {
  readonly expectations: ApiExpectations;
  readonly serve: ServeRun;
}

/** Starts a `jamdev serve` in front of a cluster, for all tests of a `describe`. */
export function useServeApi(cluster: TestCluster): ServeTarget {
  const expectations = ApiExpectations.ofServe();
  let serve: ServeRun;
  let stop: (() => Promise<void>) | undefined;
  let database: OpenStore | undefined;
  beforeAll(async () => {
    const service = { image: cluster.image, pullPolicy: 'Never' };
    const services = Object.fromEntries(SERVICES.map((name) => [name, service]));
    const started = await keepServe(cluster, { config: { services } });
    ({ serve, stop } = started);
    database = await openStore(serve.database);
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await stop?.();
  });

  const open = async (): Promise<{ api: TestApi; close: () => Promise<void> }> => {
    const { store } = database as OpenStore;
    const account = `a${randomBytes(6).toString('hex')}`;
    const token = await createToken(store, { account, scopes: ['admin'], actor: 'test' });
    const linesBefore = serve.log().length;
    const rows = store.selectFrom('backends').select('id').where('account', '=', account).orderBy('created_at');
    const api = new TestApi({
      url: serve.url,
      proxyUrl: `http://localhost:${cluster.plane.proxyPort}`,
      cluster: cluster.plane.cluster,
      account,
      token,
      image: cluster.image,
      expectations,
      spawned: async () => (await rows.execute()).map(({ id }) => id),
      faults: () =>
        serve
          .log()
          .slice(linesBefore)
          .filter(({ errorId }) => errorId !== undefined),
    });
    const close = async () => {
      for (const id of await api.running()) await api.terminate(id, true);
    };
    return { api, close };
  };
  return {
    name: 'serve',
    ownBodies: [
      '/v2/account/-/token',
      '/v2/account/-/tokens/revoke',
      ...['deploy', 'rollback', 'promote', 'sessions'].map(
        (what) => `/_jamdev/account/-/service/-/environment/default/${what}`,
      ),
    ],
    expectations,
    get serve() {
      return serve;
    },
    async open() {
      const { api, close } = await open();
      onTestFinished(close);
      return api;
    },
    share() {
      let opened: Awaited<ReturnType<typeof open>>;
      beforeAll(async () => {
        opened = await open();
      });
      afterAll(() => opened?.close());
      return () => opened.api;
    },
  };
}
