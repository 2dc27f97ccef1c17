import { expect, test } from 'vitest';
import { createToken } from '../../src/store/api-tokens.js';
import { discardBackend, listUnended } from '../../src/store/backends.js';
import { claimBackends } from '../../src/store/followers.js';
import { KeyLocks } from '../../src/store/key-locks.js';
import { startNode } from '../support/cli.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { fixture } from '../support/project.js';
import { waitFor } from '../support/wait.js';

/** The program is compiled while it loads. */
const START_MS = 25_000;

/** Starts a program that changes the database, and kills it in the middle. */
async function killAt(url: string, what: 'uncommitted' | 'committed' | 'lock'): Promise<void> {
  const program = startNode(['--import', 'tsx', fixture('store-writer.mts'), url, what], { env: process.env });
  await waitFor(() => program.stdout().includes(what) || program.process.exitCode !== null, 'the program', START_MS);
  expect(program.stderr()).toBe('');
  program.process.kill('SIGKILL');
  expect(await program.exit).toBe('SIGKILL');
}

describePostgres('a program that is killed', () => {
  const postgres = usePostgres();

  test('between a write and its commit leaves no change and blocks no other program', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await killAt(url, 'uncommitted');
    // This would wait for the transaction if it still existed.
    await createToken(store, { account: 'half-done', scopes: ['read'], actor: 'operator:ann@host' });
    expect(await store.selectFrom('accounts').select('name').execute()).toEqual([{ name: 'half-done' }]);
  });

  test('after it recorded a backend and before it connected leaves a row that another program takes over', async () => {
    const url = await postgres.createDatabase();
    const store = await openTestStore(url);
    await killAt(url, 'committed');
    expect(await listUnended(store, 'cluster')).toMatchObject([{ id: 'committed', lastStatus: 'scheduled' }]);
    expect(await claimBackends(store, { follower: 'other', limit: 10 })).toEqual([
      { id: 'committed', lastStatus: 'scheduled' },
    ]);
    await discardBackend(store, 'committed');
    expect(await listUnended(store, 'cluster')).toEqual([]);
  });

  test('while it holds the lock of a key releases it', async () => {
    const url = await postgres.createDatabase();
    await killAt(url, 'lock');
    const locks = new KeyLocks(url);
    const key = { account: 'acme', service: 'doc', key: 'doc-1' };
    try {
      expect(await locks.hold(key, new AbortController().signal, async () => 'free')).toBe('free');
    } finally {
      await locks.close();
    }
  });
});
