import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/platform/backend.js';
import { Sweeper } from '../../src/platform/sweeper.js';
import {
  heldBytesOf,
  MAX_TOKEN_BYTES,
  TOKEN_UNUSED_MS,
  type TokenRoute,
  TokenTable,
} from '../../src/platform/tokens.js';
import { HandClock } from '../support/hand-clock.js';

const LIMIT_BYTES = 20_000;

function fakeBackend(id: number, staticToken?: string): Backend {
  const sweeper = new Sweeper(new HandClock(), {}, { due: () => undefined, heldByRequests: () => undefined });
  const backend = {
    id,
    identity: { staticToken },
    state: { status: 'ready' },
    connectionOpened: (token: string) => sweeper.connectionOpened(token, true),
    connectionsBy: (token: string) => sweeper.connectionsBy(token),
  };
  return backend as unknown as Backend;
}

type Step =
  | { do: 'issue'; backend: number; text: string }
  | { do: 'use' | 'connect' | 'disconnect'; which: number }
  | { do: 'forget'; backend: number }
  | { do: 'turn'; ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('issue' as const),
        backend: fc.nat(3),
        text: fc.oneof(
          fc.nat(9_000).map((length) => 'a'.repeat(length)),
          fc.constant('€'.repeat(3_000)),
        ),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('use' as const, 'connect' as const, 'disconnect' as const),
        which: fc.nat(40),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), backend: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const), ms: fc.nat(TOKEN_UNUSED_MS) }) },
  ),
  { maxLength: 60 },
);

/** A simple model of the table. */
class Model {
  /** Ordered by last use, latest last. */
  living: { route: TokenRoute; connections: number; usedAtMs: number }[] = [];

  touch(route: TokenRoute, nowMs: number, connections: number): void {
    const found = this.living.find((each) => each.route === route);
    if (found === undefined) return;
    this.living = [
      ...this.living.filter((each) => each !== found),
      { route, connections: found.connections + connections, usedAtMs: nowMs },
    ];
  }

  expire(nowMs: number): void {
    this.living = this.living.filter((each) => each.connections > 0 || nowMs - each.usedAtMs <= TOKEN_UNUSED_MS);
  }

  bytes(): number {
    return this.living.reduce((sum, { route }) => sum + heldBytesOf(route), 0);
  }

  /**
   * Beyond the limit, the longest unused are dropped, but never one with a connection, nor the one just made or left.
   */
  shrink(kept: TokenRoute): void {
    for (const each of [...this.living]) {
      if (this.bytes() <= LIMIT_BYTES) return;
      if (each.connections === 0 && each.route !== kept) this.living = this.living.filter((it) => it !== each);
    }
  }
}

test('all tokens together stay under their limit: the longest unused are dropped first, and none with a connection', () => {
  let everFull = 0;
  fc.assert(
    fc.property(steps, (script) => {
      const clock = new HandClock();
      const table = new TokenTable(clock, LIMIT_BYTES);
      const model = new Model();
      const backends = [0, 1, 2, 3].map((id) => fakeBackend(id));
      const issued: TokenRoute[] = [];
      const open: { route: TokenRoute; close: () => void }[] = [];
      for (const step of script) {
        const nowMs = clock.monotonicMs();
        if (step.do === 'turn') clock.turn(step.ms);
        if (step.do === 'forget') {
          table.forget(backends[step.backend] as Backend);
          model.living = model.living.filter(({ route }) => route.backend !== backends[step.backend]);
        }
        if (step.do === 'issue') {
          model.expire(nowMs);
          const route = table.issue(backends[step.backend] as Backend, step.text, undefined);
          issued.push(route);
          model.living.push({ route, connections: 0, usedAtMs: nowMs });
          if (model.bytes() > LIMIT_BYTES) everFull += 1;
          model.shrink(route);
        }
        if (step.do === 'use' || step.do === 'connect') {
          const route = issued[step.which % Math.max(1, issued.length)];
          if (route === undefined) continue;
          model.expire(nowMs);
          const found = table.use(route.token);
          expect(found).toBe(model.living.some((each) => each.route === route) ? route : undefined);
          model.touch(route, nowMs, 0);
          if (found === undefined || step.do === 'use') continue;
          open.push({ route, close: table.connect(route, true) });
          model.touch(route, nowMs, 1);
        }
        if (step.do === 'disconnect') {
          const [ended] = open.splice(step.which % Math.max(1, open.length), 1);
          ended?.close();
          if (ended === undefined) continue;
          model.touch(ended.route, nowMs, -1);
          model.shrink(ended.route);
        }
      }
      // An expired token is still counted until the next one is made.
      model.expire(clock.monotonicMs());
      const found = issued.filter(({ token }) => table.use(token) !== undefined);
      expect(new Set(found)).toEqual(new Set(model.living.map(({ route }) => route)));
      expect(table.heldBytes).toBe(model.bytes());
      const held = model.living.filter(({ connections }) => connections > 0).map(({ route }) => heldBytesOf(route));
      const largest = Math.max(0, ...issued.map(heldBytesOf));
      expect(table.heldBytes).toBeLessThanOrEqual(Math.max(LIMIT_BYTES, held.reduce((a, b) => a + b, 0) + largest));
    }),
    { numRuns: 2000 },
  );
  expect(everFull).toBeGreaterThan(20);
});

test('a static token is never dropped while its backend is remembered', () => {
  const table = new TokenTable(new HandClock(), LIMIT_BYTES);
  const shared = fakeBackend(1, 's.STATIC');
  table.issue(shared, undefined, undefined);
  for (let count = 0; count < 100; count += 1) table.issue(fakeBackend(2), 'x'.repeat(5_000), undefined);
  expect(table.use('s.STATIC')).toBeDefined();
  expect(table.heldBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  table.forget(shared);
  expect(table.use('s.STATIC')).toBeUndefined();
});

test('a connection that ends after its token was dropped does not restore it', () => {
  const table = new TokenTable(new HandClock(), LIMIT_BYTES);
  const backend = fakeBackend(1);
  const route = table.issue(backend, 'ann', undefined);
  const close = table.connect(route, true);
  table.forget(backend);
  close();
  expect([table.use(route.token), table.heldBytes]).toEqual([undefined, 0]);
});

test('64 MiB hold 7,000 tokens with the maximum user data, but not 10,000', () => {
  const table = new TokenTable(new HandClock());
  const backend = fakeBackend(1);
  const routes = Array.from({ length: 10_000 }, (_, index) => table.issue(backend, 'x'.repeat(8_192), { index }));
  expect(table.heldBytes).toBeLessThanOrEqual(MAX_TOKEN_BYTES);
  const left = routes.filter(({ token }) => table.use(token) !== undefined);
  expect(left.length).toBeGreaterThan(7_000);
  expect(left).toEqual(routes.slice(-left.length));
});
