import { expect, test } from 'vitest';
import { type DevServerEvent, EventBus } from '../../src/dev-server/events.js';
import { startServer } from '../support/dev-server.js';
import { waitFor } from '../support/wait.js';

const CLOSED: DevServerEvent = { type: 'closed' };

test('every subscriber gets every event in order until its subscription ends', () => {
  const bus = new EventBus();
  const first: DevServerEvent[] = [];
  const second: DevServerEvent[] = [];
  const notices = ['a', 'b', 'c'].map((text): DevServerEvent => ({ type: 'notice', text }));
  const end = bus.subscribe((event) => first.push(event));
  bus.subscribe((event) => second.push(event));
  for (const event of notices.slice(0, 2)) bus.publish(event);
  end();
  end();
  bus.publish(notices[2] as DevServerEvent);
  expect(first).toEqual(notices.slice(0, 2));
  expect(second).toEqual(notices);
});

test('a listener that subscribed twice is called twice, and each subscription ends separately', () => {
  const bus = new EventBus();
  let calls = 0;
  const listener = () => {
    calls += 1;
  };
  const ends = [bus.subscribe(listener), bus.subscribe(listener)];
  bus.publish(CLOSED);
  expect(calls).toBe(2);
  ends[0]?.();
  bus.publish(CLOSED);
  expect(calls).toBe(3);
});

test('a listener may end and add subscriptions while it is called', () => {
  const bus = new EventBus();
  const calls: string[] = [];
  const end = bus.subscribe(() => {
    calls.push('first');
    end();
    bus.subscribe(() => calls.push('new'));
  });
  bus.subscribe(() => calls.push('second'));
  bus.publish(CLOSED);
  expect(calls).toEqual(['first', 'second']);
  bus.publish(CLOSED);
  expect(calls).toEqual(['first', 'second', 'second', 'new']);
});

test('a listener that throws stops neither the publisher nor other listeners, and its error is reported', async () => {
  const bus = new EventBus();
  const received: DevServerEvent[] = [];
  bus.subscribe(() => {
    throw new Error('from a listener');
  });
  bus.subscribe((event) => received.push(event));
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = new Promise<unknown>((resolve) => process.once('uncaughtException', resolve));
  try {
    bus.publish(CLOSED);
    expect(received).toEqual([CLOSED]);
    expect(await uncaught).toEqual(new Error('from a listener'));
  } finally {
    for (const each of others) process.on('uncaughtException', each);
  }
});

test('a subscriber right after the start gets the whole first build, the life of a backend, and the end', async () => {
  const server = await startServer({ build: 'echo built', watch: false });
  const types: string[] = [];
  const statuses: string[] = [];
  server.events.subscribe((event) => {
    if (event.type === 'backend-spawned') statuses.push(event.backend.state.status);
    if (event.type === 'backend-state') statuses.push(event.state.status);
    else if (types.at(-1) !== event.type) types.push(event.type);
  });
  await server.connect({ key: 'a' });
  await waitFor(() => statuses.includes('ready'), 'the backend');
  await server.close();
  expect(statuses).toEqual(['scheduled', 'loading', 'starting', 'waiting', 'ready', 'terminating', 'terminated']);
  const own = types.filter((type) => type.startsWith('build') || type.startsWith('clos'));
  expect(own).toEqual(['build-started', 'build-line', 'build-ended', 'closing', 'closed']);
});
