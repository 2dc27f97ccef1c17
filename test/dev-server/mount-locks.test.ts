import { expect, test } from 'vitest';
import { MountLocks } from '../../src/dev-server/mount-locks.js';
import { Service } from '../../src/platform/services.js';
import { createStateFolder, type FoundState } from '../../src/records/state-folder.js';
import { makeTempFolder } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';

const SERVICE = new Service('default', 'default', new Date());

function makeState(): FoundState {
  useStateHome(makeTempFolder());
  const folder = createStateFolder(makeTempFolder());
  return { folder, note: folder.project };
}

/** The mount locks of one dev server. */
function makeLocks(state: FoundState, apiUrl: string) {
  const cleanUps: string[] = [];
  const locks = new MountLocks({
    state,
    hasMounts: ({ name }) => name !== 'processes',
    describe: () => ({ apiUrl }),
    cleanUp: async () => cleanUps.push(apiUrl),
  });
  return { locks, cleanUps };
}

test('a mount of one dev server is refused to another, with its URL, until the backend is gone', async () => {
  const state = makeState();
  const [first, second] = [makeLocks(state, 'http://localhost:1'), makeLocks(state, 'http://localhost:2')];
  const hold = await first.locks.take(SERVICE, 'doc');
  const refused = second.locks.take(SERVICE, 'doc');
  await expect(refused).rejects.toMatchObject({ code: 'MountInUse', status: 409 });
  await expect(refused).rejects.toThrow('http://localhost:1');
  const other = await second.locks.take(SERVICE, 'another');
  hold?.release(false);
  hold?.release(false);
  const taken = await second.locks.take(SERVICE, 'doc');
  await expect(first.locks.take(SERVICE, 'doc')).rejects.toThrow('http://localhost:2');
  for (const each of [other, taken]) each?.release(false);
  (await first.locks.take(SERVICE, 'doc'))?.release(false);
  expect([...first.cleanUps, ...second.cleanUps]).toEqual([]);
});

test('the same key in two services or projects has separate mounts', async () => {
  const state = makeState();
  const [first, second] = [makeLocks(state, 'http://localhost:1'), makeLocks(state, 'http://localhost:2')];
  const folder = createStateFolder(makeTempFolder());
  const elsewhere = makeLocks({ folder, note: folder.project }, 'http://localhost:3');
  const holds = [
    await first.locks.take(SERVICE, 'doc'),
    await second.locks.take(new Service('chat', 'chat', new Date()), 'doc'),
    await elsewhere.locks.take(SERVICE, 'doc'),
  ];
  for (const hold of holds) hold?.release(false);
});

test('requests of one dev server share the lock, which is free when the last has released it', async () => {
  const state = makeState();
  const [first, second] = [makeLocks(state, 'http://localhost:1'), makeLocks(state, 'http://localhost:2')];
  const [a, b] = await Promise.all([first.locks.take(SERVICE, 'doc'), first.locks.take(SERVICE, 'doc')]);
  a?.release(false);
  await expect(second.locks.take(SERVICE, 'doc')).rejects.toMatchObject({ code: 'MountInUse' });
  b?.release(false);
  (await second.locks.take(SERVICE, 'doc'))?.release(false);
});

test('the mount of a lost backend stays locked for others, because its container may still run', async () => {
  const state = makeState();
  const [first, second] = [makeLocks(state, 'http://localhost:1'), makeLocks(state, 'http://localhost:2')];
  (await first.locks.take(SERVICE, 'doc'))?.release(true);
  await expect(second.locks.take(SERVICE, 'doc')).rejects.toMatchObject({ code: 'MountInUse' });
  // Its own dev server removes the container before the next start.
  (await first.locks.take(SERVICE, 'doc'))?.release(false);
});

test('a service with child processes has no mounts to lock', async () => {
  const { locks } = makeLocks(makeState(), 'http://localhost:1');
  expect(await locks.take(new Service('processes', 'processes', new Date()), 'doc')).toBeUndefined();
});
