import { expect, onTestFinished, test } from 'vitest';
import { pause } from '../../src/os/clock.js';
import { waitFor } from '../support/wait.js';
import { ask } from './api-client.js';
import { expectKept } from './expect-kept.js';
import { Ledger } from './ledger.js';
import type { Machine } from './machines.js';
import { createRandom } from './random.js';
import { Session } from './session.js';
import { describeCluster, useCluster } from './support.js';

const SEED = Number(process.env.JAMDEV_CLUSTER_SEED ?? Math.floor(Math.random() * 2 ** 31));
const START_DEADLINE_MS = 120_000;
/** Longer than the leases of Plane's keys, which last 60 s. */
const LEASE_DEADLINE_MS = 150_000;
const MINUTE_MS = 60_000;

describeCluster(`outages of a cluster, seed ${SEED}`, 400_000, () => {
  const around = useCluster();

  /** Starts sessions that are never ended, and waits until each has an open WebSocket. */
  async function startSessions(keys: readonly string[], ledger: Ledger, proxyPort?: () => number): Promise<Session[]> {
    const sessions = keys.map((key, index) => {
      const random = createRandom(SEED + index);
      return new Session(around.cluster, key, { ledger, random, ...(proxyPort && { proxyPort }) });
    });
    for (const session of sessions) session.start({ ends: false });
    onTestFinished(async () => void (await Promise.all(sessions.map((session) => session.stop()))));
    await waitFor(() => sessions.every(({ lastEchoMs }) => lastEchoMs > 0), 'all sessions', START_DEADLINE_MS);
    return sessions;
  }

  const keysOf = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

  async function running(machine: Machine): Promise<string[]> {
    const names = await machine.docker('ps', '--filter', 'label=dev.plane.backend', '--format', '{{.Names}}');
    return names.split('\n').map((name) => name.replace(/^plane-/, ''));
  }

  test('sessions survive a minute without a controller, a serve and a proxy, and a drone that is cut off', async () => {
    const { cluster } = around;
    const ledger = new Ledger();
    // Half of them use the proxy that stays up, the others the balancer of both.
    const [direct, balanced] = await Promise.all([
      startSessions(keysOf('direct', 6), ledger, () => cluster.proxies[1].port),
      startSessions(keysOf('balanced', 6), ledger),
    ]);
    const [staying, cutOff] = [await running(cluster.machines[0]), await running(cluster.machines[1])];
    const remaining = (sessions: Session[]) => sessions.filter(({ backendId }) => staying.includes(backendId ?? ''));
    const before = remaining(direct).map((session) => ({ session, opened: session.opened }));
    const holders = new Map([...direct, ...balanced].map((session) => [session, session.backendId]));
    // Plane chooses drones at random, and 12 sessions are enough to put some on each.
    expect(staying.length).toBeGreaterThan(0);
    expect(cutOff.length).toBeGreaterThan(0);

    const goneAtMs = Date.now();
    await cluster.machines[1].cut();
    const goneParts = [cluster.controllers[0], cluster.serves[0], cluster.proxies[0]];
    await Promise.all(goneParts.map((part) => part.stop()));

    await Promise.all(cutOff.map((id) => untilMoved(id)));
    await waitFor(() => Date.now() - goneAtMs > MINUTE_MS, 'the minute to be over', 2 * MINUTE_MS);
    // All sessions on the other drone have worked until now, with the same backend and tokens.
    const overAtMs = Date.now();
    const untilUsed = (session: Session) =>
      waitFor(() => session.lastAnswerMs > overAtMs && session.lastEchoMs > overAtMs, 'an answer', START_DEADLINE_MS);
    await Promise.all([...remaining(direct), ...remaining(balanced)].map(untilUsed));
    expect([...direct, ...balanced].filter((each) => staying.includes(holders.get(each) ?? ''))).toEqual([
      ...remaining(direct),
      ...remaining(balanced),
    ]);
    expect(before.filter(({ session, opened }) => session.opened !== opened)).toEqual([]);

    for (const part of goneParts) part.start();
    await cluster.machines[1].connect();
    await Promise.all([...goneParts, cluster.drones[1]].map((part) => part.untilUp()));
    await expectKept(cluster, [...direct, ...balanced], ledger);

    /** Waits until a backend's key has a new holder, and checks that its own drone had ended it before. */
    async function untilMoved(id: string): Promise<void> {
      const body = { key: ledger.keys.get(id), spawn: { executable: { mount: true }, max_idle_seconds: 600 } };
      let heldUntilMs = 0;
      const next = await waitFor(
        async () => {
          const askedAtMs = Date.now();
          const answer = await ask(`${cluster.apiUrl}/v2/service/acme/default/connect`, { body });
          if (answer?.status !== 200) return undefined;
          const { backend_id: found } = JSON.parse(answer.text) as { backend_id: string };
          if (found !== id) return found;
          heldUntilMs = askedAtMs;
          await pause(500);
          return undefined;
        },
        `the key of ${id} to have another holder`,
        LEASE_DEADLINE_MS,
      );
      // Until then the engine reports a time in the year 1.
      const timeOf = async (machine: Machine, backend: string, event: 'StartedAt' | 'FinishedAt') =>
        waitFor(
          async () => {
            const format = `{{.State.${event}}}`;
            const time = await machine.docker('inspect', '--format', format, `plane-${backend}`).catch(() => '');
            return time === '' ? undefined : Math.max(0, Date.parse(time));
          },
          `${backend}: ${event}`,
          START_DEADLINE_MS,
        );
      const [machine, other] = [cluster.machines[1], cluster.machines[0]];
      const finishedAtMs = await timeOf(machine, id, 'FinishedAt');
      // The drone ended it then, while it still held the key, as jamdev serve ends backends that lose their key.
      expect(finishedAtMs).toBeGreaterThan(goneAtMs);
      expect(finishedAtMs).toBeLessThan(heldUntilMs);
      const startedAtMs = await timeOf(other, next, 'StartedAt');
      expect(finishedAtMs).toBeLessThan(startedAtMs);
    }
  });

  test('clients of a drone that restarts reconnect', async () => {
    const { cluster } = around;
    const ledger = new Ledger();
    const sessions = await startSessions(keysOf('restart', 6), ledger);
    const ended = await running(cluster.machines[0]);
    const others = sessions.filter(({ backendId }) => !ended.includes(backendId ?? ''));
    const stayed = others.map(({ backendId }) => backendId);
    await cluster.drones[0].kill();
    await waitFor(
      () => sessions.every(({ backendId }) => backendId !== undefined && !ended.includes(backendId)),
      'other backends for all keys of the drone',
      LEASE_DEADLINE_MS,
    );
    const sinceMs = Date.now();
    await waitFor(() => sessions.every(({ lastEchoMs }) => lastEchoMs > sinceMs), 'all sessions', START_DEADLINE_MS);
    expect(others.map(({ backendId }) => backendId)).toEqual(stayed);
    await expectKept(cluster, sessions, ledger);
  });
});
