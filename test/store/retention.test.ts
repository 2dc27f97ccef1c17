import { expect, test } from 'vitest';
import { addAudit, listAudit } from '../../src/store/audit.js';
import { findLog, saveLog } from '../../src/store/backend-logs.js';
import { findBackend, insertBackend } from '../../src/store/backends.js';
import { deleteOldAudit, deleteOldBackends, deleteOldLogs } from '../../src/store/retention.js';
import { addStatus } from '../../src/store/statuses.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

describePostgres('data older than its retention time', () => {
  const postgres = usePostgres();

  /** A store with one backend that ended long ago, one that ended now, and one alive since long ago. */
  async function open() {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    for (const id of ['old', 'new', 'live']) {
      await insertBackend(store, newBackend({ id }));
      await saveLog(store, id, { content: Buffer.from(id), isCut: false });
      if (id !== 'live') await addStatus(store, id, { status: 'terminated', time: new Date() });
    }
    await runSql(url, `update jamdev.backends set ended_at = ended_at - interval '7 days 1 minute' where id = 'old'`);
    await runSql(url, `update jamdev.backends set created_at = created_at - interval '9 days' where id <> 'new'`);
    return { url, store };
  }

  test('is deleted from the logs of ended backends only', async () => {
    const { store } = await open();
    await deleteOldLogs(store, 7);
    const kept = await Promise.all(['old', 'new', 'live'].map((id) => findLog(store, 'acme', id)));
    expect(kept.map((log) => log?.content.toString())).toEqual([undefined, 'new', 'live']);
    expect(await findBackend(store, 'acme', 'old')).toBeDefined();
  });

  test('is deleted for ended backends, with their statuses and logs', async () => {
    const { url, store } = await open();
    await deleteOldBackends(store, 8);
    expect(await findBackend(store, 'acme', 'old')).toBeDefined();
    await deleteOldBackends(store, 7);
    const found = await Promise.all(['old', 'new', 'live'].map((id) => findBackend(store, 'acme', id)));
    expect(found.map((row) => row?.id)).toEqual([undefined, 'new', 'live']);
    for (const table of ['backend_statuses', 'backend_logs']) {
      expect(await runSql(url, `select 1 from jamdev.${table} where backend_id = 'old'`)).toEqual([]);
    }
  });

  test('is deleted from the audit, however many entries there are', async () => {
    const { url, store } = await open();
    const insert = `insert into jamdev.audit (time, account, actor, action, target)
      select clock_timestamp() - interval '366 days', 'acme', 'token:0', 'deploy', 'doc' from generate_series(1, 1200)`;
    await runSql(url, insert);
    await addAudit(store, { account: 'acme', actor: 'token:0', action: 'deploy', target: 'kept' });
    await deleteOldAudit(store, 365);
    expect(await listAudit(store, { account: undefined, limit: 10 })).toMatchObject([{ target: 'kept' }]);
  });
});
