import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseApiToken } from '../../src/store/api-token.js';
import { authenticate, createToken } from '../../src/store/api-tokens.js';
import { runCli, startCli } from '../support/cli.js';
import { AGE } from '../support/durations.js';
import { describePostgres, openTestStore, usePostgres } from '../support/postgres.js';
import { makeProject, makeTempFolder, ROOT } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const FORM = /^[0-9a-f]{16}\.[\w-]{43}$/;

describePostgres('jamdev token and jamdev audit', () => {
  const postgres = usePostgres();

  /** Runs commands on a database of its own. */
  async function useDatabase() {
    const url = await postgres.createDatabase();
    const run = (...args: string[]) => runCli(args, { cwd: makeTempFolder(), env: { JAMDEV_SERVE_DATABASE: url } });
    const store = await openTestStore(url);
    const create = (account: string) => createToken(store, { account, scopes: ['read'], actor: 'operator:ann@host' });
    return { url, run, create };
  }

  test('create prints only the token, or JSON, and the token is accepted', async () => {
    const { url, run } = await useDatabase();
    const { code, stdout, stderr } = await run('token', 'create', 'acme');
    expect(code).toBe(0);
    expect(stdout.trimEnd()).toMatch(FORM);
    expect(stderr).toMatch(/account acme \(read, connect, deploy\).*only its hash/);
    const json = await run('token', 'create', 'acme', '--scopes', 'deploy,connect', '--json');
    const { token } = JSON.parse(json.stdout);
    expect(json.stdout).toBe(`${JSON.stringify({ token })}\n`);
    expect(json.stderr).toBe('');
    const parsed = parseApiToken(token);
    if (parsed === undefined) throw new Error(`not a token: ${token}`);
    expect(await authenticate(await openTestStore(url), [parsed])).toMatchObject([
      { account: 'acme', scopes: ['connect', 'deploy'] },
    ]);
  });

  test('list shows tokens of one account or of all, without secrets', async () => {
    const { run, create } = await useDatabase();
    const empty = await run('token', 'list');
    expect(empty.stdout).toContain('token create ACCOUNT');
    const tokens = [await create('acme'), await create('beta')];
    const [acme, beta] = tokens.map((token) => token.split('.')[0]);
    const { stdout } = await run('token', 'list');
    expect(stdout.split('\n')[0]?.split(/ {2,}/)).toEqual(['ID', 'ACCOUNT', 'SCOPES', 'AGE', 'LAST USED', 'STATUS']);
    expect(stdout).toMatch(new RegExp(`${acme} +acme +read +${AGE} +never +active\n`));
    expect(stdout).toMatch(new RegExp(`${beta} +beta +read +`));
    for (const token of tokens) expect(stdout).not.toContain(token.split('.')[1]);
    expect(JSON.parse((await run('token', 'list', 'beta', '--json')).stdout)).toEqual([
      {
        id: beta,
        account: 'beta',
        scopes: ['read'],
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        last_used_at: null,
        revoked_at: null,
      },
    ]);
  });

  test('revoke ends tokens given by id or in full, or all, but none if one is unknown', async () => {
    const { run, create } = await useDatabase();
    const [one, two, three] = [await create('acme'), await create('acme'), await create('acme')];
    const other = await create('beta');
    const wrong = await run('token', 'revoke', 'acme', one, other, '--json');
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stderr).error).toMatchObject({ code: 'ApiTokenNotFound' });
    expect((await run('token', 'revoke', 'acme', one, two.split('.')[0] ?? '')).stdout.split('\n')).toHaveLength(3);
    expect(JSON.parse((await run('token', 'revoke', 'acme', '--all', '--json')).stdout)).toEqual({
      revoked: [three.split('.')[0]],
    });
    expect((await run('token', 'revoke', 'acme', '--all')).stdout).toContain('already revoked');
    const states = JSON.parse((await run('token', 'list', '--json')).stdout);
    expect(states.map(({ revoked_at }: { revoked_at: unknown }) => revoked_at !== null)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect((await run('token', 'revoke', 'acme')).code).toBe(2);
  });

  test('audit shows who did what, newest last', async () => {
    const { run, create } = await useDatabase();
    expect((await run('audit')).stdout).toContain('No entries');
    const id = (await create('acme')).split('.')[0];
    await run('token', 'revoke', 'acme', '--all');
    await create('beta');
    const { stdout } = await run('audit', 'acme');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['TIME', 'ACCOUNT', 'WHO', 'ACTION', 'TARGET']);
    expect(rows.slice(1).map((row) => row.slice(1))).toEqual([
      ['acme', 'operator:ann@host', 'account.create', 'acme'],
      ['acme', 'operator:ann@host', 'token.create', id],
      ['acme', expect.stringMatching(/^operator:.+@.+$/), 'token.revoke', id],
    ]);
    expect(JSON.parse((await run('audit', '--limit', '1', '--json')).stdout)).toEqual([
      expect.objectContaining({ account: 'beta', action: 'token.create' }),
    ]);
  });

  test('the database comes from the flag, the environment, a file named there, or the config file, in this order', async () => {
    const { url, run } = await useDatabase();
    await run('token', 'create', 'acme');
    const wrong = 'postgres://localhost:1/wrong';
    const file = join(makeTempFolder(), 'secret');
    writeFileSync(file, `${url}\n`);
    const config = (database: string) => makeProject({ 'jamdev.config.json': { command: 'x', serve: { database } } });
    const list = (cwd: string, env: NodeJS.ProcessEnv, ...args: string[]) =>
      runCli(['token', 'list', ...args], { cwd, env: { JAMDEV_SERVE_DATABASE: '', ...env } });
    for (const { code, stdout } of [
      await list(config(wrong), { JAMDEV_SERVE_DATABASE: wrong }, '--database', url),
      await list(config(wrong), { JAMDEV_SERVE_DATABASE: url, JAMDEV_SERVE_DATABASE_FILE: '/nothing' }),
      await list(config(wrong), { JAMDEV_SERVE_DATABASE_FILE: file }),
      await list(config(url), {}),
      await list(makeTempFolder(), {}, '--config', join(config(url), 'jamdev.config.json')),
    ]) {
      expect(code).toBe(0);
      expect(stdout).toContain('acme');
    }
  });

  test('a database that does not answer ends the command with advice', async () => {
    const { code, stderr } = await runCli(['token', 'list', '--database', 'postgres://localhost:1/x']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^jamdev: The database of jamdev serve does not answer \(ECONNREFUSED\)\.\n/);
  });
});

test('Ctrl-C immediately ends a command that waits for a database', async () => {
  const connected: Socket[] = [];
  const silent = createServer((socket) => connected.push(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of connected) socket.destroy();
    silent.close();
  });
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const run = startCli(['token', 'list', '--database', `postgres://127.0.0.1:${port}/x`]);
  await waitFor(() => connected.length > 0, 'the command to connect');
  run.process.kill('SIGINT');
  expect(await run.exit).toBe(130);
  expect(run.stdout() + run.stderr()).toBe('');
});

test.each([
  ['no database is configured', ['token', 'list'], {}, 1, 'JAMDEV_SERVE_DATABASE'],
  [
    'a URL of another kind',
    ['audit', '--database', 'mysql://x:secret@h/d'],
    {},
    1,
    '--database is not a PostgreSQL URL',
  ],
  ['a missing secret file', ['audit'], { JAMDEV_SERVE_DATABASE_FILE: '/nothing/here' }, 1, '/nothing/here'],
  ['a secret file that is a folder', ['audit'], { JAMDEV_SERVE_DATABASE_FILE: '/' }, 1, 'folder'],
  ['an empty secret', ['audit'], { JAMDEV_SERVE_DATABASE_FILE: '/dev/null' }, 1, 'device'],
  ['an invalid account name', ['token', 'create', 'A b'], {}, 2, '"A b"'],
  ['an unknown scope', ['token', 'create', 'acme', '--scopes', 'connect,root'], {}, 2, '"root"'],
  ['no scope', ['token', 'create', 'acme', '--scopes', ''], {}, 2, '""'],
  ['a limit that is not a number', ['audit', '--limit', 'x'], {}, 2, '--limit'],
])('fails before it contacts the database: %s', async (_what, args, env, expected, mention) => {
  const { code, stdout, stderr } = await runCli(args, {
    cwd: makeTempFolder(),
    env: { JAMDEV_SERVE_DATABASE: '', ...env },
  });
  expect(code).toBe(expected);
  expect(stdout).toBe('');
  expect(stderr).toContain(mention);
  expect(stderr).not.toContain('secret@');
});

test('--help and the like, which need all commands, do not load the database client', async () => {
  const file = (name: string) => join(ROOT, 'dist', name);
  const commands = readFileSync(file('program.cjs'), 'utf8').matchAll(/require\("\.\/([\w-]+\.cjs)"\)/g);
  const loaded = new Set([file('main.cjs'), file('program.cjs')]);
  for (const [, command = ''] of commands) loaded.add(file(command));
  // Iterating a Set includes items added during the iteration.
  for (const module of loaded) {
    for (const [, name = ''] of readFileSync(module, 'utf8').matchAll(
      /^(?:const|let) \w+ = require\("\.\/([\w-]+\.cjs)"\);$/gm,
    )) {
      loaded.add(file(name));
    }
  }
  expect(loaded).toContain(file('token.cjs'));
  const isClient = (module: string) => /node_modules\/(pg|kysely)\//.test(readFileSync(module, 'utf8'));
  expect(isClient(file('open-store.cjs'))).toBe(true);
  expect(loaded.size).toBeGreaterThan(30);
  expect([...loaded].filter(isClient)).toEqual([]);
});
