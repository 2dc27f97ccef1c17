import { afterAll, beforeAll, describe } from 'vitest';
import { hasDocker } from '../engine/drivers/backend-image.js';
import { hasPlane, requiresPlane } from '../engine/drivers/plane-cluster.js';
import { type Cluster, startCluster } from './cluster.js';

/** Network namespaces need Linux and root. */
const canRun = requiresPlane || (process.platform === 'linux' && process.getuid?.() === 0 && hasDocker() && hasPlane());
if (!canRun) console.log('There is no Plane, no Docker Engine or no root: the tests on a whole cluster are skipped.');

/** A `describe` for tests on a whole cluster. */
export function describeCluster(name: string, timeoutMs: number, tests: () => void): void {
  describe.skipIf(!canRun)(name, { timeout: timeoutMs }, tests);
}

/** Starts a cluster for all tests of a `describe`. */
export function useCluster(): { readonly cluster: Cluster } {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 300_000);
  afterAll(() => cluster?.stop(), 120_000);
  return {
    get cluster() {
      if (cluster === undefined) throw new Error('the cluster has not started');
      return cluster;
    },
  };
}
