import { expect } from 'vitest';
import type { Cluster } from './cluster.js';
import { findBadStatuses, findRefusedTokens, findSharedKeys } from './invariants.js';
import type { Ledger } from './ledger.js';
import type { Session } from './session.js';
import { readHistories, untilSettled } from './settle.js';

/** Stops all clients and checks the guarantees that a cluster keeps during any failure. */
export async function expectKept(cluster: Cluster, sessions: readonly Session[], ledger: Ledger): Promise<void> {
  await Promise.all(sessions.map((session) => session.stop()));
  await untilSettled(cluster);
  const histories = await readHistories(cluster, ledger.keys.keys());
  expect(ledger.faults).toEqual([]);
  expect(findSharedKeys(cluster.mounts)).toEqual([]);
  expect(findRefusedTokens(ledger, histories)).toEqual([]);
  expect(findBadStatuses(ledger, histories)).toEqual([]);
}
