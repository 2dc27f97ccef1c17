import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { parseConnectRequest } from '../../src/contract/requests.js';
import type { Backend } from '../../src/platform/backend.js';
import { rankOf } from '../../src/platform/backend-state.js';
import type { Platform } from '../../src/platform/platform.js';
import { fastClock } from '../support/clock.js';
import { makePlatform } from '../support/platform.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { DEADLINE_MS } from '../support/wait.js';

// An idle second is 100 ms, and the ten seconds of a soft termination are one second.
const SPEED = 10;
const SERVICES = ['doc', 'chat'];
const KEYS = ['a', 'ключ 🔑'];

// Some keys more often than others.
const ACTIONS = 'connect connect connect look soft hard crash idle restart restart'.split(' ');

/** Actions in any order and concurrently. `afterMs`: since the previous step. */
const step = fc.record({
  action: fc.constantFrom(...ACTIONS),
  service: fc.constantFrom(...SERVICES),
  key: fc.constantFrom(...KEYS),
  afterMs: fc.constantFrom(0, 0, 5, 40, 120),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(platform: Platform, { action, service, key }: Step): Promise<void> {
  const holder = () =>
    platform.running.find(({ identity }) => identity.service.name === service && identity.key === key);
  if (action === 'connect' || action === 'idle') {
    // Backends that are to be swept have a second, the others the usual five minutes.
    const spawn = action === 'idle' ? { max_idle_seconds: 1 } : {};
    const { backend } = await platform.connect(service, parseConnectRequest({ key, spawn }));
    expect(backend.identity).toMatchObject({ key, service: { name: service } });
  } else if (action === 'look') {
    const answer = platform.connect(service, parseConnectRequest({ key, spawn: false }));
    const code = await answer.then(
      ({ spawned }) => (spawned ? 'spawned' : 'held'),
      (error: unknown) => (error as JamdevError).code,
    );
    expect(['held', 'KeyUnheldNoSpawnConfig']).toContain(code);
  } else if (action === 'crash') {
    const { address } = holder() ?? {};
    if (address !== undefined) await fetch(`http://127.0.0.1:${address.port}/crash`).catch(() => undefined);
  } else if (action === 'restart') {
    const backend = holder();
    if (backend?.build !== undefined) backend.restart({ ...backend.build, number: backend.build.number + 1 }, 'a test');
  } else {
    holder()?.terminate('external', action === 'hard');
  }
}

function slotOf({ identity }: Backend): string {
  return JSON.stringify([identity.service.name, identity.key]);
}

describe('Keys', () => {
  test('under any interleaving, no key has two living processes, and every backend ends in order', {
    timeout: 240_000,
  }, async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const evidence = makeTempFolder();
        const { platform } = makePlatform(`node ${fixture('jealous-server.mjs')}`, fastClock(SPEED), SERVICES, {
          TEST_FOLDER: evidence,
        });
        const everyone: Backend[] = [];
        platform.events.on('backend', (backend) => everyone.push(backend));

        const pending: Promise<void>[] = [];
        for (const each of steps) {
          if (each.afterMs > 0) await new Promise((resolve) => setTimeout(resolve, each.afterMs));
          pending.push(take(platform, each));
        }
        await Promise.all(pending);
        await platform.terminateAll(false);

        expect(
          existsSync(evidence) ? readdirSync(evidence).filter((name) => name.startsWith('violation')) : [],
        ).toEqual([]);
        for (const backend of everyone) {
          const ranks = backend.history.map(({ status }) => rankOf(status));
          expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
          expect(backend.state.status).toBe('terminated');
          for (const { status } of backend.history) seen.add(status);
        }
        for (const slot of new Set(everyone.map(slotOf))) {
          const tokens = everyone.filter((each) => slotOf(each) === slot).map(({ identity }) => identity.fencingToken);
          expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
        }
        for (const service of SERVICES) {
          for (const key of KEYS) {
            const look = platform.connect(service, parseConnectRequest({ key, spawn: false }));
            await expect(look).rejects.toBeInstanceOf(JamdevError);
          }
        }
      }),
      { numRuns: 25 },
    );
    // The property means nothing if the interleavings had no effect.
    expect([...seen]).toEqual(expect.arrayContaining(['ready', 'terminating', 'hard-terminating', 'terminated']));
  });

  test('the fixture detects a second process of its key', async () => {
    const evidence = makeTempFolder();
    const { platform } = makePlatform(`node ${fixture('jealous-server.mjs')}`, fastClock(1), ['doc'], {
      TEST_FOLDER: evidence,
      JAMSOCKET_SERVICE: 'doc',
    });
    const first = await platform.connect('doc', parseConnectRequest({ key: 'same' }));
    await first.backend.reachable(AbortSignal.timeout(DEADLINE_MS));
    const other = makePlatform(`node ${fixture('jealous-server.mjs')}`, fastClock(1), ['doc'], {
      TEST_FOLDER: evidence,
    });
    const second = await other.platform.connect('doc', parseConnectRequest({ key: 'same' }));
    await second.backend.reachable(AbortSignal.timeout(DEADLINE_MS));
    expect(existsSync(join(evidence, `violation-${second.backend.id}`))).toBe(true);
  });
});
