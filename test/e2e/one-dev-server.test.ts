import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stateFolderOf } from '../../src/records/state-folder.js';
import { runCli, startCli, startDev } from '../support/cli.js';
import { send } from '../support/http.js';
import { fixture, makeProject, makeTempFolder } from '../support/project.js';
import { useStateHome } from '../support/state-home.js';
import { waitFor } from '../support/wait.js';

const DEV = ['dev', '--port', '0', '--proxy-port', '0'];

function echoProject(): string {
  return makeProject({ 'package.json': { scripts: { start: `node ${fixture('echo-server.mjs')}` } } });
}

test('a second jamdev dev is refused with the URLs of the first; reuse prints them and succeeds', async () => {
  const first = await startDev(echoProject());
  const cwd = first.folder;
  const refused = await runCli(DEV, { cwd });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  for (const named of [`pid ${first.process.pid}`, first.apiUrl, first.proxyUrl, '--if-running reuse']) {
    expect(refused.stderr).toContain(named);
  }
  const reused = await runCli([...DEV, '--if-running', 'reuse'], { cwd });
  expect(reused).toMatchObject({ code: 0, stderr: '' });
  expect(reused.stdout).toMatch(new RegExp(`API +${first.apiUrl}\\n +proxy +${first.proxyUrl}\\n$`));
  const json = await runCli([...DEV, '--json', '--if-running', 'reuse'], { cwd });
  expect(JSON.parse(json.stdout)).toEqual({
    event: 'reused',
    pid: first.process.pid,
    api_url: first.apiUrl,
    proxy_url: first.proxyUrl,
  });
  expect((await runCli([...DEV, '--if-running', 'maybe'], { cwd })).code).toBe(2);
  expect((await send(`${first.apiUrl}/_jamdev/info`)).status).toBe(200);
  first.process.kill('SIGINT');
  expect(await first.exit).toBe(0);
  await startDev(cwd);
});

test('another path to the same folder is the same project', async () => {
  const first = await startDev(echoProject());
  const link = join(makeTempFolder(), 'link');
  symlinkSync(first.folder, link);
  const { code, stderr } = await runCli([...DEV, link], { cwd: makeTempFolder() });
  expect(code).toBe(1);
  expect(stderr).toContain(first.apiUrl);
  const inner = join(first.folder, 'inner');
  mkdirSync(inner);
  await startDev(inner, ['--command', 'sleep 60']);
});

test('a second jamdev dev is refused even right after the state was deleted', async () => {
  // Uses a state home of its own, because other tests need the shared one.
  useStateHome(makeTempFolder());
  const first = await startDev(echoProject());
  const { root } = stateFolderOf(first.folder);
  const places = [dirname(root), join(dirname(dirname(root)), 'locks'), dirname(dirname(root))];
  for (const place of places) {
    // Renames first, because the dev server rewrites deleted files while the rest is being deleted.
    renameSync(place, `${place}.deleted`);
    rmSync(`${place}.deleted`, { recursive: true });
    const { code, stderr } = await runCli(DEV, { cwd: first.folder });
    expect(stderr).toContain(first.apiUrl);
    expect(code).toBe(1);
  }
});

test('one of several dev servers that start at once wins, and all others name it', async () => {
  const cwd = echoProject();
  const runs = Array.from({ length: 4 }, () => startCli(DEV, { cwd }));
  const refused = await Promise.all(
    runs.map((run) =>
      Promise.race([
        run.exit.then(() => run),
        waitFor(() => /API\s+http/.test(run.stdout()) || run.process.exitCode !== null, 'an end').then(() =>
          run.process.exitCode === null ? undefined : run,
        ),
      ]),
    ),
  );
  const winners = runs.filter((run) => run.process.exitCode === null);
  expect(winners).toHaveLength(1);
  const [, api = ''] = /API\s+(http:\S+)/.exec(winners[0]?.stdout() ?? '') ?? [];
  for (const run of refused) {
    if (run === undefined) continue;
    expect(await run.exit).toBe(1);
    expect(run.stderr()).toContain(api);
  }
});

test('a suspended dev server still holds the project and is reported as suspended', async () => {
  const first = await startDev(echoProject());
  first.process.kill('SIGSTOP');
  onTestFinished(() => void first.process.kill('SIGCONT'));
  const { code, stderr } = await runCli(DEV, { cwd: first.folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(/pid \d+, suspended/);
  expect(stderr).toContain(first.apiUrl);
});

test('kill -9 of the dev server frees the project', async () => {
  const first = await startDev(echoProject());
  first.process.kill('SIGKILL');
  await first.exit;
  await startDev(first.folder);
});

test('a dev server that fails to start frees the project', async () => {
  const cwd = makeProject();
  expect((await runCli(DEV, { cwd })).code).toBe(1);
  await startDev(cwd, ['--command', 'sleep 60']);
});

test('jamdev exec runs next to it with keys of its own, and other commands still reach the first one', async () => {
  const first = await startDev(echoProject());
  const script = 'node "$JAMDEV" spawn -k doc --wait >/dev/null && node "$JAMDEV" list --json';
  const env = { JAMDEV: join(process.cwd(), 'bin', 'jamdev.js') };
  const inside = await runCli(['exec', '--', 'sh', '-c', script], { cwd: first.folder, env });
  expect(inside.code).toBe(0);
  expect(inside.stdout).toContain('"doc"');
  const held = startCli(['exec', '--', 'sh', '-c', 'echo up; sleep 60'], { cwd: first.folder });
  await waitFor(() => held.stdout().includes('up'), 'the other dev server');
  const outside = await runCli(['list', '--json'], { cwd: first.folder });
  expect(JSON.parse(outside.stdout)).toEqual([]);
  await runCli(['spawn', '-k', 'mine', '--wait'], { cwd: first.folder });
  const listed = (await send(`${first.apiUrl}/_jamdev/backends`)).json<{ backends: { key: string }[] }>();
  expect(listed.backends.map(({ key }) => key)).toEqual(['mine']);
});
