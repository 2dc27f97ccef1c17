import { expect, test } from 'vitest';
import { findLog, MAX_LOG_BYTES, saveLog } from '../../src/store/backend-logs.js';
import { insertBackend } from '../../src/store/backends.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { newBackend } from './support.js';

describePostgres('stored logs', () => {
  const postgres = usePostgres();

  test('keep the last MiB byte for byte, marked as cut if there was more', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    for (const id of ['a', 'b', 'c']) await insertBackend(store, newBackend({ id }));
    const whole = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256));
    await saveLog(store, 'a', { content: whole, isCut: false });
    expect(await findLog(store, 'acme', 'a')).toEqual({ content: whole, isCut: false });
    const long = Buffer.concat([Buffer.from('first'), Buffer.alloc(MAX_LOG_BYTES, 'x')]);
    await saveLog(store, 'b', { content: long, isCut: false });
    const kept = await findLog(store, 'acme', 'b');
    // The same as toEqual(), in a fraction of the time.
    expect(kept?.content.equals(Buffer.alloc(MAX_LOG_BYTES, 'x'))).toBe(true);
    expect(kept?.isCut).toBe(true);
    await saveLog(store, 'c', { content: Buffer.alloc(0), isCut: false });
    expect(await findLog(store, 'acme', 'c')).toEqual({ content: Buffer.alloc(0), isCut: false });
  });

  test('keep the longer log of two programs', async () => {
    const store = await openTestStore(await postgres.createDatabase());
    await insertBackend(store, newBackend({ id: 'a' }));
    for (const text of ['some', 'some lines', 'so']) {
      await saveLog(store, 'a', { content: Buffer.from(text), isCut: text === 'so' });
    }
    expect(await findLog(store, 'acme', 'a')).toEqual({ content: Buffer.from('some lines'), isCut: false });
  });
});
