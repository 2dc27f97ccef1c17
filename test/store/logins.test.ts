import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.js';
import { runCli } from '../support/cli.js';
import { describePostgres, openTestStore, runSql, usePostgres } from '../support/postgres.js';
import { makeTempFolder } from '../support/project.js';

const PASSWORD = 'p@ss/w:rd %?#';

describePostgres('logging in to PostgreSQL', () => {
  const postgres = usePostgres();

  /** A role that needs a password, and its own database. */
  async function createRole(): Promise<{ url: (password?: string) => string }> {
    const database = await postgres.createDatabase();
    const role = `r${new URL(database).pathname.slice(2)}`;
    await runSql(database, `create role ${role} login password '${PASSWORD}'`);
    await runSql(database, `alter database ${new URL(database).pathname.slice(1)} owner to ${role}`);
    const rules = join(postgres.folder, 'postgres', 'pg_hba.conf');
    writeFileSync(rules, `local all ${role} scram-sha-256\n${readFileSync(rules, 'utf8')}`);
    await runSql(database, 'select pg_reload_conf()');
    const url = (password?: string) =>
      database.replace('postgres@', password === undefined ? `${role}@` : `${role}:${encodeURIComponent(password)}@`);
    // PostgreSQL reloads its rules a moment later.
    await expect.poll(() => openStore(url('wrong')).catch(({ code }) => code)).toBe('DatabaseUnusable');
    return { url };
  }

  test('works with a password in the URL or in PGPASSWORD, and fails with a wrong one and without one', async () => {
    const { url } = await createRole();
    await openTestStore(url(PASSWORD));
    await expect(openStore(url('wrong'))).rejects.toMatchObject({
      message: expect.stringContaining('password is wrong'),
    });
    const list = (env: NodeJS.ProcessEnv) =>
      runCli(['token', 'list'], { cwd: makeTempFolder(), env: { JAMDEV_SERVE_DATABASE: url(), ...env } });
    expect(await list({ PGPASSWORD: PASSWORD })).toMatchObject({ code: 0 });
    const without = await list({ PGPASSWORD: '', PGPASSFILE: '/nothing', HOME: '/nothing' });
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('password') });
    const wrong = await list({ JAMDEV_SERVE_DATABASE: url('wr%ng') });
    expect(wrong.stderr + wrong.stdout).not.toMatch(/wr%ng|wr%25ng/);
  });
});
