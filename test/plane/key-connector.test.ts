import { expect, test } from 'vitest';
import { systemClock } from '../../src/os/clock.js';
import type { ClusterSettings } from '../../src/plane/cluster-settings.js';
import { ControllerClient } from '../../src/plane/controller-client.js';
import type { PlaneConnection } from '../../src/plane/controller-wire.js';
import { DroneEngines } from '../../src/plane/drone-engines.js';
import { KeyConnector } from '../../src/plane/key-connector.js';
import { StaleHolders } from '../../src/plane/stale-holders.js';
import { KeyLocks } from '../../src/store/key-locks.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { waitFor } from '../support/wait.js';

/** A controller whose keys are all being given up. */
class EndingKeys extends ControllerClient {
  readonly asked = new Set<string>();

  override async connect({ key }: Parameters<ControllerClient['connect']>[0]): Promise<PlaneConnection> {
    this.asked.add(key.name);
    return { backend_id: 'b', spawned: false, status: 'terminating', token: 't', url: 'http://localhost/t/' };
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

describePostgres('connects to keys that are being given up', () => {
  const postgres = usePostgres();

  test('however many wait, the key of another account is free', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    const locks = new KeyLocks(url);
    const controller = new EndingKeys('http://localhost:1');
    const engines = new DroneEngines(new Map());
    const stale = new StaleHolders({
      ...{ controller, store, engines, onLostDrone: 'spawn' },
      now: () => new Date(),
      onUncertain: () => undefined,
    });
    const keys = new KeyConnector({
      ...{ controller, store, locks, stale, settings: SETTINGS, clock: systemClock },
      onSpawned: () => undefined,
    });
    const leave = new AbortController();
    const waiting = Array.from({ length: 25 }, (_, index) =>
      keys.connect(
        {
          ...{ account: 'acme', service: 'doc', environment: 'default', key: `k${index}`, keyGiven: true },
          params: { spawn: true, env: {} },
          image: async () => ({
            ...{ image: 'localhost:1/x', pullPolicy: 'Never' },
            sessions: { useStaticToken: false, maxIdleSeconds: undefined, lifetimeLimitSeconds: undefined },
          }),
        },
        leave.signal,
      ),
    );
    const ends = Promise.allSettled(waiting);
    try {
      await waitFor(() => controller.asked.size === 25, 'all connects to have asked for their key');
      const other = { account: 'globex', service: 'doc', key: 'k' };
      expect(await locks.hold(other, leave.signal, async () => 'held')).toBe('held');
    } finally {
      leave.abort();
      await ends;
      await locks.close();
    }
  });
});
