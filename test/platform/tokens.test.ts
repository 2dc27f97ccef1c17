import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/platform/backend.js';
import { Sweeper } from '../../src/platform/sweeper.js';
import { TOKEN_UNUSED_MS, TokenTable } from '../../src/platform/tokens.js';
import { HandClock } from '../support/hand-clock.js';

/** The table uses only these parts of a backend: its connection count, its static token, and whether it has ended. */
function fakeBackend(staticToken?: string): { backend: Backend; open(): number; state: { status: string } } {
  const sweeper = new Sweeper(new HandClock(), {}, { due: () => undefined, heldByRequests: () => undefined });
  const state = { status: 'ready' };
  const backend = {
    id: 'abc',
    identity: { staticToken },
    state,
    connectionOpened: (token: string) => sweeper.connectionOpened(token, true),
    connectionsBy: (token: string) => sweeper.connectionsBy(token),
  } as unknown as Backend;
  return { backend, open: () => sweeper.connections, state };
}

function setUp(staticToken?: string) {
  const clock = new HandClock();
  return { clock, table: new TokenTable(clock), ...fakeBackend(staticToken) };
}

test('a token identifies its backend, with a second secret, the user and the user’s data as JSON', () => {
  const { table, backend } = setUp();
  const route = table.issue(backend, 'ann', { role: 'editor', ü: [1] });
  expect(route).toMatchObject({ backend, user: 'ann', userData: '{"role":"editor","ü":[1]}' });
  expect(route.token).toMatch(/^[\w-]{43}$/);
  expect(route.secretToken).toMatch(/^[\w-]{43}$/);
  expect(route.secretToken).not.toBe(route.token);
  expect(table.use(route.token)).toBe(route);
});

test('without a user there is no user, and an empty auth', () => {
  const { table, backend } = setUp();
  expect(table.issue(backend, undefined, undefined)).toMatchObject({ user: undefined, userData: '{}' });
});

test('a backend can have many tokens, each with its own secrets', () => {
  const { table, backend } = setUp();
  const routes = Array.from({ length: 50 }, () => table.issue(backend, undefined, undefined));
  expect(new Set(routes.flatMap(({ token, secretToken }) => [token, secretToken])).size).toBe(100);
  for (const route of routes) expect(table.use(route.token)).toBe(route);
});

test.each(['', 'nope', '__proto__', 'constructor'])('the token %j is unknown', (token) => {
  expect(setUp().table.use(token)).toBeUndefined();
});

test('a secret token is not a token', () => {
  const { table, backend } = setUp();
  expect(table.use(table.issue(backend, undefined, undefined).secretToken ?? '')).toBeUndefined();
});

test('a token unused for an hour expires for good, and not earlier', () => {
  const { table, backend, clock } = setUp();
  const { token } = table.issue(backend, undefined, undefined);
  clock.turn(TOKEN_UNUSED_MS);
  expect(table.use(token)).toBeDefined();
  clock.turn(TOKEN_UNUSED_MS + 1);
  expect(table.use(token)).toBeUndefined();
  expect(table.use(token)).toBeUndefined();
});

test('each use renews a token', () => {
  const { table, backend, clock } = setUp();
  const { token } = table.issue(backend, undefined, undefined);
  for (let i = 0; i < 5; i += 1) {
    clock.turn(TOKEN_UNUSED_MS - 1);
    expect(table.use(token)).toBeDefined();
  }
});

test('an open connection counts as use, and the hour begins at its end', () => {
  const { table, backend, clock } = setUp();
  const route = table.issue(backend, undefined, undefined);
  const disconnect = table.connect(route, true);
  clock.turn(TOKEN_UNUSED_MS * 5);
  expect(table.use(route.token)).toBe(route);
  clock.turn(TOKEN_UNUSED_MS * 5);
  disconnect();
  clock.turn(TOKEN_UNUSED_MS);
  expect(table.use(route.token)).toBe(route);
  clock.turn(TOKEN_UNUSED_MS + 1);
  expect(table.use(route.token)).toBeUndefined();
});

test('connections are counted for the token and the backend, and each ends once', () => {
  const { table, backend, open } = setUp();
  const route = table.issue(backend, undefined, undefined);
  const [first, second] = [table.connect(route, true), table.connect(route, true)];
  const other = table.connect(table.issue(backend, undefined, undefined), true);
  const counts = () => [backend.connectionsBy(route.token), open()];
  expect(counts()).toEqual([2, 3]);
  first();
  first();
  expect(counts()).toEqual([1, 2]);
  second();
  expect(counts()).toEqual([0, 1]);
  other();
  expect(counts()).toEqual([0, 0]);
});

test('clearing expired tokens keeps those in use', () => {
  const { table, backend, clock } = setUp();
  const unused = table.issue(backend, undefined, undefined);
  const connected = table.issue(backend, undefined, undefined);
  table.connect(connected, true);
  clock.turn(TOKEN_UNUSED_MS + 1);
  const fresh = table.issue(backend, undefined, undefined);
  expect(table.use(unused.token)).toBeUndefined();
  expect(table.use(connected.token)).toBe(connected);
  expect(table.use(fresh.token)).toBe(fresh);
});

describe('a static token', () => {
  test('is given out repeatedly, and has no user and no secret', () => {
    const { table, backend } = setUp('s.STATIC');
    const route = table.issue(backend, 'ann', { role: 'editor' });
    expect(route).toMatchObject({ token: 's.STATIC', backend, user: undefined, userData: undefined });
    expect(route.secretToken).toBeUndefined();
    expect(table.issue(backend, 'bob', undefined)).toBe(route);
    expect(table.use('s.STATIC')).toBe(route);
  });

  test('lives as long as its backend, and then expires an hour after its last use', () => {
    const { table, backend, clock, state } = setUp('s.STATIC');
    const route = table.issue(backend, undefined, undefined);
    clock.turn(TOKEN_UNUSED_MS * 100);
    expect(table.issue(backend, undefined, undefined)).toBe(route);
    expect(table.use('s.STATIC')).toBe(route);
    state.status = 'terminated';
    clock.turn(TOKEN_UNUSED_MS);
    expect(table.use('s.STATIC')).toBe(route);
    clock.turn(TOKEN_UNUSED_MS + 1);
    expect(table.use('s.STATIC')).toBeUndefined();
  });

  test('survives the clearing of expired tokens', () => {
    const { table, backend, clock } = setUp('s.STATIC');
    table.issue(backend, undefined, undefined);
    clock.turn(TOKEN_UNUSED_MS * 100);
    table.issue(fakeBackend().backend, undefined, undefined);
    expect(table.use('s.STATIC')).toBeDefined();
  });
});
