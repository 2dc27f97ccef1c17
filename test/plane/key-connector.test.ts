import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/os/clock.js';
import type { ClusterSettings } from '../../src/plane/cluster-settings.js';
import { ControllerClient } from '../../src/plane/controller-client.js';
import type { PlaneConnection, PlaneConnectRequest, PlaneStatus } from '../../src/plane/controller-wire.js';
import { DroneEngines } from '../../src/plane/drone-engines.js';
import { KeyConnector, type KeyRequest } from '../../src/plane/key-connector.js';
import { StaleHolders } from '../../src/plane/stale-holders.js';
import { insertBackend } from '../../src/store/backends.js';
import { KeyLocks } from '../../src/store/key-locks.js';
import { addStatus } from '../../src/store/statuses.js';
import { newBackend } from '../store/support.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait.js';

/** A controller whose keys are all held. */
class HeldKeys extends ControllerClient {
  readonly asked: string[] = [];
  /** The backends that were to be terminated hard. */
  readonly killed = new Set<string>();
  readonly #status: PlaneConnection['status'];

  constructor(status: PlaneConnection['status']) {
    super('http://localhost:1');
    this.#status = status;
  }

  override async connect({ key }: Parameters<ControllerClient['connect']>[0]): Promise<PlaneConnection> {
    this.asked.push(key.name);
    return { backend_id: 'holder', spawned: false, status: this.#status, token: 't', url: 'http://localhost/t/' };
  }

  override async terminate(id: string, hard: boolean): Promise<void> {
    if (hard) this.killed.add(id);
  }
}

/** A controller that spawns, and knows one more backend. */
class LostHolder extends HeldKeys {
  holder: PlaneStatus = { status: 'ready', time: 1 };

  constructor() {
    super('scheduled');
  }

  override async connect(request: PlaneConnectRequest): Promise<PlaneConnection> {
    return { ...(await super.connect(request)), backend_id: request.spawn_config?.id ?? 'holder', spawned: true };
  }

  override async status(id: string): Promise<PlaneStatus | undefined> {
    return id === 'holder' ? this.holder : undefined;
  }
}

const SETTINGS: ClusterSettings = {
  cluster: 'localhost:9090',
  pool: '',
  subdomains: false,
  services: new Map(),
  defaultService: '',
  defaultLimits: {},
  maxBackends: undefined,
};

function requestFor(key: string): KeyRequest {
  return {
    ...{ account: 'acme', service: 'doc', environment: 'default', key, keyGiven: true, ofOwnService: false },
    params: { spawn: true, env: {} },
    image: async () => ({
      ...{ image: 'localhost:1/x', pullPolicy: 'Never' },
      sessions: { useStaticToken: false, maxIdleSeconds: undefined, lifetimeLimitSeconds: undefined },
    }),
  };
}

describePostgres('connects to keys whose holders are ending', () => {
  const postgres = usePostgres();

  async function open(controller: ControllerClient, onLostDrone: 'spawn' | 'wait' = 'spawn') {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    const locks = new KeyLocks(url);
    onTestFinished(() => locks.close());
    const engines = new DroneEngines({}, systemClock);
    const stale = new StaleHolders({
      ...{ controller, store, engines, onLostDrone },
      now: () => new Date(),
      onUncertain: () => undefined,
    });
    const keys = new KeyConnector({
      ...{ controller, store, locks, stale, settings: SETTINGS, clock: systemClock },
      onSpawned: () => undefined,
    });
    return { store, locks, keys };
  }

  /** Connects as a client that disconnects when the test ends. @returns its signal and the outcome */
  function connect(keys: KeyConnector, key: string) {
    const client = new AbortController();
    const outcome = keys.connect(requestFor(key), client.signal).catch((error: unknown) => error);
    onTestFinished(async () => {
      client.abort();
      await outcome;
    });
    return { client, outcome };
  }

  test('do not block the key of another account, however many wait', async () => {
    const controller = new HeldKeys('terminating');
    const { keys, locks } = await open(controller);
    for (let index = 0; index < 25; index += 1) connect(keys, `k${index}`);
    await waitFor(() => new Set(controller.asked).size === 25, 'all connects to have asked for their key');
    const other = { account: 'globex', service: 'doc', key: 'k' };
    expect(await locks.hold(other, new AbortController().signal, async () => 'held')).toBe('held');
  });

  test.each(['terminating', 'hard-terminating', 'terminated'] as const)(
    'do not get a holder that we have made %s, even if its drone does not know that yet',
    async (status) => {
      const controller = new HeldKeys('ready');
      const { keys, store } = await open(controller);
      await insertBackend(store, newBackend({ id: 'holder', account: 'acme', service: 'doc', key: 'k' }));
      expect(await keys.connect(requestFor('k'))).toMatchObject({ backend_id: 'holder', status: 'ready' });
      await addStatus(store, 'holder', { status, time: new Date(), reason: 'external' });
      controller.asked.length = 0;
      const { client, outcome } = connect(keys, 'k');
      await waitFor(() => controller.asked.length > 2, 'the connect to have asked again');
      // A backend that has ended by our records is ended by no other party.
      expect([...controller.killed]).toEqual(status === 'terminated' ? ['holder'] : []);
      client.abort(new Error('hung up'));
      expect(await outcome).toEqual(new Error('hung up'));
    },
  );

  test('wait for a holder that is lost by our records until Plane knows its end, if that is the policy', async () => {
    const controller = new LostHolder();
    const { keys, store } = await open(controller, 'wait');
    await insertBackend(store, newBackend({ id: 'holder', account: 'acme', service: 'doc', key: 'k' }));
    await addStatus(store, 'holder', { status: 'terminated', time: new Date(), reason: 'lost' });
    await expect(keys.connect(requestFor('k'))).rejects.toMatchObject({ code: 'HolderUnreachable' });
    await expect(keys.connect(requestFor('k'))).rejects.toMatchObject({ code: 'HolderUnreachable' });
    expect([...controller.killed]).toEqual(['holder']);
    expect(await keys.connect(requestFor('other'))).toMatchObject({ spawned: true });
    controller.holder = { status: 'terminated', time: 1, termination_reason: 'external' };
    const next = await keys.connect(requestFor('k'));
    expect(next).toMatchObject({ spawned: true });
    // The key has another holder by now.
    controller.holder = { status: 'ready', time: 1 };
    await addStatus(store, next.backend_id, { status: 'terminated', time: new Date(), reason: 'external' });
    expect(await keys.connect(requestFor('k'))).toMatchObject({ spawned: true });
  });

  test('do not wait for it otherwise', async () => {
    const { keys, store } = await open(new LostHolder());
    await insertBackend(store, newBackend({ id: 'holder', account: 'acme', service: 'doc', key: 'k' }));
    await addStatus(store, 'holder', { status: 'terminated', time: new Date(), reason: 'lost' });
    expect(await keys.connect(requestFor('k'))).toMatchObject({ spawned: true });
  });
});
