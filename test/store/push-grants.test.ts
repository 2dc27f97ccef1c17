import { expect, test } from 'vitest';
import { listAudit } from '../../src/store/audit.js';
import { addImage, listImages, newestImage } from '../../src/store/images.js';
import {
  beginRepository,
  databaseTime,
  noteGrant,
  repositoryState,
  takeOverTags,
} from '../../src/store/push-grants.js';
import type { Store } from '../../src/store/tables.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';

const DOC = { account: 'acme', service: 'doc' };
const BY = { ...DOC, actor: 'token:1' };
const OPEN_SECONDS = 60;

async function takeOver(store: Store, tags: Record<string, string>, since?: string) {
  const list = Object.entries(tags).map(([tag, digest]) => ({ tag, digest }));
  return takeOverTags(store, DOC, { tags: list, since: since ?? (await databaseTime(store)) });
}

describePostgres('repositories opened for a push', () => {
  const postgres = usePostgres();
  const open = async () => openTestStore(await postgres.createDatabase());
  const state = (store: Store, seconds = OPEN_SECONDS) => repositoryState(store, DOC, seconds);

  test('are uncertain until they are checked after the last push can have ended', async () => {
    const store = await open();
    expect(await state(store)).toEqual({ isKnown: false, isUncertain: false });
    await beginRepository(store, BY);
    expect(await state(store)).toEqual({ isKnown: true, isUncertain: true });
    await takeOver(store, {});
    expect(await state(store)).toEqual({ isKnown: true, isUncertain: false });
    await noteGrant(store, BY);
    await takeOver(store, {});
    // A push may still be in progress; with shorter-lived tokens it would be over.
    expect(await state(store)).toMatchObject({ isUncertain: true });
    expect(await state(store, 0)).toMatchObject({ isUncertain: false });
    await noteGrant(store, BY);
    expect(await state(store, 0)).toMatchObject({ isUncertain: true });
  });

  test('have changed tags imported and recorded in the audit, except those that existed before', async () => {
    const store = await open();
    await beginRepository(store, BY);
    expect(await takeOver(store, { old: 'sha256:1' })).toHaveLength(1);
    await noteGrant(store, BY);
    expect(await takeOver(store, { old: 'sha256:1', latest: 'sha256:2' })).toEqual([
      { tag: 'latest', digest: 'sha256:2' },
    ]);
    expect(await takeOver(store, { old: 'sha256:1', latest: 'sha256:2' })).toEqual([]);
    expect(await newestImage(store, DOC)).toMatchObject({ digest: 'sha256:2', tag: 'latest' });
    const entries = await listAudit(store, { account: 'acme', limit: 10 });
    expect(entries.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      ['token:1', 'image.push', 'doc:latest@sha256:2'],
    ]);
  });

  test('are not changed by a check that began earlier', async () => {
    const store = await open();
    await beginRepository(store, BY);
    const earlier = await databaseTime(store);
    await takeOver(store, { latest: 'sha256:2' });
    expect(await takeOver(store, { latest: 'sha256:1' }, earlier)).toEqual([]);
    expect(await newestImage(store, DOC)).toMatchObject({ digest: 'sha256:2' });
  });

  test('become uncertain by a late report, and a check corrects what it has moved', async () => {
    const store = await open();
    await beginRepository(store, BY);
    await takeOver(store, { latest: 'sha256:2' });
    const late = {
      ...BY,
      digest: 'sha256:1',
      tag: 'latest',
      eventId: 'e1',
      pushedAt: new Date('2099-01-01T00:00:00Z'),
    };
    await addImage(store, late);
    expect(await state(store, 0)).toMatchObject({ isUncertain: true });
    expect(await newestImage(store, DOC)).toMatchObject({ digest: 'sha256:1' });
    await takeOver(store, { latest: 'sha256:2' });
    expect(await newestImage(store, DOC)).toMatchObject({ digest: 'sha256:2' });
  });

  test('list a push once that was found before its report, with the time of the report', async () => {
    const store = await open();
    await beginRepository(store, BY);
    await takeOver(store, { latest: 'sha256:1' });
    const pushedAt = new Date('2026-01-01T00:00:00Z');
    const report = { ...BY, digest: 'sha256:1', tag: 'latest', eventId: 'e1', pushedAt };
    await addImage(store, report);
    await addImage(store, report);
    expect(await listImages(store, 'acme', 'doc')).toEqual([{ digest: 'sha256:1', tag: 'latest', pushedAt }]);
  });
});
