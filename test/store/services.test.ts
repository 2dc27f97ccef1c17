import { expect, test } from 'vitest';
import { listAudit } from '../../src/store/audit.js';
import { findBackend, insertBackend } from '../../src/store/backends.js';
import { findEnvironment, listEnvironments, listUsedEnvironments, pinImage } from '../../src/store/environments.js';
import { addImage, listImages, newestImage } from '../../src/store/images.js';
import {
  createService,
  deleteService,
  findConfigured,
  findService,
  listServices,
  noteConfigured,
} from '../../src/store/services.js';
import { addStatus } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

const DOC = { account: 'acme', service: 'doc' };
const ACTOR = 'token:0123456789abcdef';
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

describePostgres('services', () => {
  const postgres = usePostgres();
  const open = async () => openTestStore(await postgres.createDatabase());
  const push = { ...DOC, tag: 'latest', actor: ACTOR };

  test('a service is created once, however many requests compete, and records its last spawn', async () => {
    const store = await open();
    const created = await Promise.all(Array.from({ length: 10 }, () => createService(store, { ...DOC, actor: ACTOR })));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await findService(store, 'acme', 'doc')).toEqual({
      service: 'doc',
      createdAt: expect.any(Date),
      lastSpawnedAt: null,
    });
    await insertBackend(store, newBackend({ id: 'a' }));
    expect((await listServices(store, 'acme'))[0]?.lastSpawnedAt).toBeInstanceOf(Date);
    expect(await findService(store, 'beta', 'doc')).toBeUndefined();
  });

  test('a service with running backends is not deleted; without, it is deleted with its environments and images', async () => {
    const store = await open();
    await createService(store, { ...DOC, actor: ACTOR });
    await pinImage(store, { ...DOC, environment: 'default', image: 'sha256:1', actor: ACTOR });
    await addImage(store, { ...push, eventId: 'e0', digest: 'sha256:1', pushedAt: at(1) });
    await insertBackend(store, newBackend({ id: 'a' }));
    expect(await deleteService(store, { ...DOC, actor: ACTOR })).toEqual({ running: 1 });
    await addStatus(store, 'a', { status: 'terminated', time: new Date() });
    expect(await deleteService(store, { ...DOC, actor: ACTOR })).toBe('deleted');
    expect(await deleteService(store, { ...DOC, actor: ACTOR })).toBe('missing');
    expect(await listServices(store, 'acme')).toEqual([]);
    expect(await listEnvironments(store, 'acme', 'doc')).toEqual([]);
    expect(await listImages(store, 'acme', 'doc')).toEqual([]);
    const entries = await listAudit(store, { account: 'acme', limit: 10 });
    expect(entries.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      [ACTOR, 'service.create', 'doc'],
      [ACTOR, 'deploy', 'doc/default: sha256:1'],
      [ACTOR, 'image.push', 'doc:latest@sha256:1'],
      [ACTOR, 'service.delete', 'doc'],
    ]);
  });

  test('an environment runs its chosen image, or the newest push again', async () => {
    const store = await open();
    const staging = { ...DOC, environment: 'staging' };
    expect(await findEnvironment(store, staging)).toBeUndefined();
    await pinImage(store, { ...staging, image: 'registry.example/doc:1', actor: ACTOR });
    expect(await findEnvironment(store, staging)).toEqual({ environment: 'staging', image: 'registry.example/doc:1' });
    await pinImage(store, { ...staging, image: null, actor: ACTOR });
    expect(await listEnvironments(store, 'acme', 'doc')).toEqual([
      { environment: 'staging', image: null, firstSetAt: expect.any(Date) },
    ]);
  });

  test('environments are those with spawned backends, except those of a deleted service of that name', async () => {
    const store = await open();
    await createService(store, { ...DOC, actor: ACTOR });
    await insertBackend(store, newBackend({ id: 'old' }));
    await addStatus(store, 'old', { status: 'terminated', time: new Date() });
    await deleteService(store, { ...DOC, actor: ACTOR });
    await createService(store, { ...DOC, actor: ACTOR });
    expect(await findService(store, 'acme', 'doc')).toMatchObject({ lastSpawnedAt: null });
    for (const id of ['a', 'b']) await insertBackend(store, newBackend({ id, environment: 'staging' }));
    await insertBackend(store, newBackend({ id: 'c', account: 'other' }));
    const used = await listUsedEnvironments(store, { ...DOC, ofOwnService: true });
    const spawned = await Promise.all(['a', 'b'].map((id) => findBackend(store, 'acme', id)));
    const [firstSpawnedAt, lastSpawnedAt] = spawned.map((row) => row?.createdAt);
    expect(used).toEqual([{ environment: 'staging', firstSpawnedAt, lastSpawnedAt }]);
    expect(await findService(store, 'acme', 'doc')).toMatchObject({ lastSpawnedAt });
  });

  test('images are listed by push, newest first, and found by tag and digest', async () => {
    const store = await open();
    await addImage(store, { ...push, eventId: 'e0', digest: 'sha256:1', pushedAt: at(1) });
    await addImage(store, { ...push, eventId: 'e1', digest: 'sha256:2', pushedAt: at(2), tag: 'v2' });
    await addImage(store, { ...push, eventId: 'e2', digest: 'sha256:3', pushedAt: at(3), tag: 'v3' });
    await addImage(store, { ...push, eventId: 'e3', digest: 'sha256:1', pushedAt: at(4) });
    await addImage(store, { ...push, eventId: 'e4', digest: 'sha256:9', pushedAt: at(9), service: 'chat' });
    expect(await listImages(store, 'acme', 'doc')).toEqual([
      { digest: 'sha256:1', tag: 'latest', pushedAt: at(4) },
      { digest: 'sha256:3', tag: 'v3', pushedAt: at(3) },
      { digest: 'sha256:2', tag: 'v2', pushedAt: at(2) },
    ]);
    expect(await newestImage(store, DOC)).toMatchObject({ digest: 'sha256:1' });
    expect(await newestImage(store, { ...DOC, name: 'v2' })).toMatchObject({ digest: 'sha256:2' });
    expect(await newestImage(store, { ...DOC, name: 'sha256:3' })).toMatchObject({ tag: 'v3' });
    expect(await newestImage(store, { ...DOC, name: 'nope' })).toBeUndefined();
  });

  test('a late and repeated notification of the registry changes nothing', async () => {
    const store = await open();
    const first = { ...push, digest: 'sha256:1', pushedAt: at(1), eventId: 'event-1' };
    await addImage(store, first);
    await addImage(store, { ...push, digest: 'sha256:2', pushedAt: at(2), eventId: 'event-2' });
    await addImage(store, { ...first, pushedAt: at(3) });
    expect(await newestImage(store, DOC)).toMatchObject({ digest: 'sha256:2' });
  });

  test('a service deleted while it gets a backend or an image is either kept or gets neither', async () => {
    const url = await postgres.createDatabase();
    const [store, other, third] = [await openTestStore(url), await openTestStore(url), await openTestStore(url)];
    for (let round = 0; round < 20; round += 1) {
      const own = { account: 'acme', service: `s${round}` };
      await createService(store, { ...own, actor: ACTOR });
      const [deleted, inserted, pinned] = await Promise.all([
        deleteService(store, { ...own, actor: ACTOR }),
        insertBackend(other, newBackend({ id: `b${round}`, ...own }), { ofOwnService: true }),
        pinImage(third, { ...own, environment: 'default', image: 'sha256:1', actor: ACTOR, ofOwnService: true }),
      ]);
      const exists = (await findService(store, own.account, own.service)) !== undefined;
      expect({ deleted, inserted }).toEqual(
        exists ? { deleted: { running: 1 }, inserted: 'inserted' } : { deleted: 'deleted', inserted: 'no service' },
      );
      expect(await listEnvironments(store, own.account, own.service)).toHaveLength(exists && pinned ? 1 : 0);
    }
  });

  test('a service of the config records when it was first seen, and its last spawn for each account', async () => {
    const store = await open();
    await noteConfigured(store, []);
    await noteConfigured(store, ['doc']);
    const before = await findConfigured(store, 'acme', 'doc');
    expect(before).toEqual({ service: 'doc', createdAt: expect.any(Date), lastSpawnedAt: null });
    await noteConfigured(store, ['doc', 'chat']);
    await insertBackend(store, newBackend({ id: 'a' }));
    expect(await findConfigured(store, 'acme', 'doc')).toEqual({ ...before, lastSpawnedAt: expect.any(Date) });
    expect(await findConfigured(store, 'beta', 'doc')).toEqual(before);
    expect(await findConfigured(store, 'acme', 'else')).toBeUndefined();
  });
});
