import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { docker } from '../engine/drivers/backend-image.js';
import { runCli, startCli } from '../support/cli.js';
import { AGE } from '../support/durations.js';
import { send } from '../support/http.js';
import { hasPlainRegistry, startPlainRegistry } from '../support/plain-registry.js';
import { makeProject, makeTempFolder } from '../support/project.js';
import { startRegistry } from '../support/registry.js';
import { describeServe, START_DEADLINE_MS, startServe, useCluster } from '../support/serve.js';
import { waitFor } from '../support/wait.js';

const DIGEST = /@sha256:[0-9a-f]{64}$/;

/** A backend that answers with its version, and ends slowly on request. */
function serverOf(version: string): string {
  return `
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 500));
require('node:http').createServer((_, response) => response.end('${version}')).listen(8080);
`;
}

(hasPlainRegistry ? describeServe : describe.skip)('jamdev deploy', () => {
  const cluster = useCluster();
  let registry: Awaited<ReturnType<typeof startPlainRegistry>>;
  beforeAll(async () => {
    registry = await startPlainRegistry();
  });
  afterAll(() => registry?.stop());

  /** A project with a service, a cluster without images, and a token to deploy with. */
  async function prepare() {
    const serve = await startServe(cluster, { config: { services: { default: {} } } });
    // The tests share a cluster, so each uses its own account.
    const account = `acme-${randomBytes(4).toString('hex')}`;
    const created = await runCli(['token', 'create', account, '--scopes', 'read,connect,deploy'], {
      env: { JAMDEV_SERVE_DATABASE: serve.database },
    });
    const repository = `${registry.host}/${account}`;
    const folder = makeProject({
      Dockerfile: 'FROM node:22-slim\nCOPY server.cjs /\nCMD ["node", "/server.cjs"]\n',
      'server.cjs': serverOf('one'),
      'jamsocket.config.json': { services: { doc: { image: `${repository}:any`, platform: 'native' } } },
    });
    onTestFinished(async () => {
      const images = await docker('images', '--quiet', '--filter', `reference=jamdev/*-doc:deploy-1`);
      const own = await docker('images', '--quiet', '--no-trunc', '--filter', `reference=${repository}`);
      for (const id of new Set(`${own}\n${images}`.split('\n').filter((each) => each !== ''))) {
        await docker('rmi', '--force', id).catch(() => undefined);
      }
    });
    const env = { HOME: makeTempFolder(), JAMDEV_API_URL: serve.url, JAMDEV_TOKEN: created.stdout.trim() };
    const run = (...args: string[]) => runCli(args, { cwd: folder, env });
    const deploy = async (...args: string[]) => {
      const { code, stdout, stderr } = await run('deploy', '--json', ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    const edit = (version: string) => writeFileSync(join(folder, 'server.cjs'), serverOf(version));
    const versionOf = async (service: string, key: string) => {
      const { stdout, stderr } = await run('connect', service, '--key', key, '--json');
      expect(stderr).toBe('');
      return (await send(JSON.parse(stdout).url)).text;
    };
    return { serve, account, repository, folder, env, run, deploy, edit, versionOf };
  }

  test('deploy builds, pushes and moves an environment, and rollback and promote move it without a build', async () => {
    const { serve, repository, run, deploy, edit, versionOf } = await prepare();
    const first = await run('deploy');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toMatch(/^doc: built in .*\.$/m);
    expect(first.stderr).toContain('doc: created the service.');
    expect(first.stdout).toMatch(
      new RegExp(
        String.raw`^doc/default runs \S+@sha256:[0-9a-f]{12} from its next session on\.\nENVIRONMENT +IMAGE +SINCE +BY +SESSIONS\ndefault +\S+@sha256:[0-9a-f]{12} +${AGE} ago +token:[0-9a-f]{16} +0\n$`,
      ),
    );
    expect(await versionOf('doc', 'a')).toBe('one');

    const again = await deploy();
    expect(again).toMatchObject({ service: 'doc', environment: 'default', changed: false });
    expect(again.deployment.image).toMatch(DIGEST);
    expect(again.deployment.image.startsWith(`${repository}@`)).toBe(true);

    edit('two');
    const second = await deploy();
    expect(second).toMatchObject({
      changed: true,
      previous: { id: again.deployment.id },
      environments: [{ environment: 'default', pinned: true, sessions: { current: 0, earlier: [{ key: 'a' }] } }],
    });
    expect(second.deployment.image).not.toBe(again.deployment.image);
    expect([await versionOf('doc', 'a'), await versionOf('doc', 'b')]).toEqual(['one', 'two']);

    expect(await run('promote', 'default', 'staging')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^doc\/staging runs [\s\S]*^staging +\S+@sha256:/m),
    });
    expect(await versionOf('doc/staging', 'c')).toBe('two');

    const back = await run('rollback', 'doc');
    expect(back.stdout).toMatch(/^doc\/default runs .*, after \S+@sha256:[0-9a-f]{12}\.$/m);
    expect(await versionOf('doc', 'd')).toBe('one');
    const tooFar = await run('rollback', '--json');
    expect(tooFar.code).toBe(1);
    expect(JSON.parse(tooFar.stderr)).toMatchObject({ error: { code: 'NothingBefore' } });

    const audit = await runCli(['audit', '--json'], { env: { JAMDEV_SERVE_DATABASE: serve.database } });
    const actions = JSON.parse(audit.stdout).map(({ action, target }: Record<string, string>) => [
      action,
      String(target).split(':')[0],
    ]);
    expect(actions.slice(2)).toEqual([
      ['service.create', 'doc'],
      ['deploy', 'doc/default'],
      ['deploy', 'doc/default'],
      ['promote', 'doc/staging'],
      ['rollback', 'doc/default'],
    ]);
    const images = await docker(
      'images',
      '--format',
      '{{.Repository}}:{{.Tag}}',
      '--filter',
      `reference=${repository}`,
    );
    expect(images).not.toContain(':jamdev-');
  });

  test('--wait returns when no session runs an earlier image, with each policy', async () => {
    const { env, folder, run, deploy, edit, versionOf } = await prepare();
    await deploy();
    await versionOf('doc', 'a');
    edit('two');
    const drained = await deploy('--sessions', 'drain', '--wait');
    expect(drained.environments).toMatchObject([{ sessions: { current: 0, earlier: [] } }]);
    expect(await versionOf('doc', 'a')).toBe('two');
    edit('three');
    expect((await deploy('--sessions', 'now', '--wait')).environments[0].sessions.earlier).toEqual([]);
    expect(await versionOf('doc', 'a')).toBe('three');

    // Two commands wait for sessions to end on their own: one is stopped, and the other is superseded.
    edit('four');
    const waiting = startCli(['deploy', '--wait'], { cwd: folder, env });
    const isWaiting = (one: typeof waiting) => () => one.stderr().includes('Waiting: 1 session runs an earlier image.');
    await waitFor(isWaiting(waiting), 'deploy to wait', START_DEADLINE_MS);
    const overtaken = startCli(['deploy', '--wait'], { cwd: folder, env });
    await waitFor(isWaiting(overtaken), 'the second one to wait', START_DEADLINE_MS);
    waiting.process.kill('SIGINT');
    expect(await waiting.exit).toBe(130);
    expect(waiting.stderr()).toMatch(/Stopped waiting\. doc\/default stays at this deployment\. 1 session runs/);
    expect(await versionOf('doc', 'b')).toBe('four');
    expect(await run('rollback', '--json')).toMatchObject({ code: 0 });
    expect(await overtaken.exit).toBe(1);
    expect(overtaken.stderr()).toMatch(/doc\/default has been changed since/);
    expect(await run('terminate', '--all')).toMatchObject({ code: 0 });
  });

  test('concurrent deployments are all in the history, in one order', async () => {
    const { serve, account, env, deploy, edit } = await prepare();
    const images = [];
    for (const version of ['one', 'two', 'three']) {
      edit(version);
      images.push((await deploy('-e', `slot-${version}`)).deployment.image as string);
    }
    const path = `${serve.url}/_jamdev/account/${account}/service/doc/environment/production`;
    const headers = { authorization: `Bearer ${env.JAMDEV_TOKEN}` };
    const post = (what: string, body: object) =>
      send(`${path}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const rounds = [...images, ...images, ...images];
    const answers = await Promise.all(rounds.map((image) => post('deploy', { image })));
    expect(answers.map(({ status }) => status)).toEqual(rounds.map(() => 200));
    const history = (await send(`${path}/deployments`, { headers })).json<{
      deployments: { id: number; image: string }[];
    }>();
    const { deployments } = history;
    const changes = answers.map((answer) =>
      answer.json<{ changed: boolean; deployment: { id: number }; previous: { id: number } | null }>(),
    );
    expect(
      changes
        .filter(({ changed }) => changed)
        .map(({ deployment }) => deployment.id)
        .sort((a, b) => b - a),
    ).toEqual(deployments.map(({ id }) => id));
    for (const { changed, deployment, previous } of changes.filter((each) => each.changed)) {
      const at = deployments.findIndex(({ id }) => id === deployment.id);
      expect({ changed, before: previous?.id }).toEqual({ changed: true, before: deployments[at + 1]?.id });
    }
    // Two rollbacks of one deployment are not two steps back.
    const backs = await Promise.all([post('rollback', {}), post('rollback', {}), post('rollback', {})]);
    for (const { status } of backs) expect([200, 409]).toContain(status);
    expect(backs.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  });

  test("a service without its own repository uses the platform's registry, with only the API token", async () => {
    const own = await startRegistry();
    const serve = await startServe(cluster, { config: { services: { default: {} } }, serve: own.serve });
    const account = `acme-${randomBytes(4).toString('hex')}`;
    const created = await runCli(['token', 'create', account, '--scopes', 'read,connect,deploy'], {
      env: { JAMDEV_SERVE_DATABASE: serve.database },
    });
    const folder = makeProject({
      Dockerfile: 'FROM node:22-slim\nCOPY server.cjs /\nCMD ["node", "/server.cjs"]\n',
      'server.cjs': serverOf('one'),
      'jamsocket.config.json': { services: { doc: { platform: 'native' } } },
    });
    const repository = `${own.host}/${account}/doc`;
    onTestFinished(async () => {
      const id = await docker('images', '--quiet', '--no-trunc', '--filter', `reference=${repository}`);
      if (id !== '') await docker('rmi', '--force', id.split('\n')[0] ?? '').catch(() => undefined);
    });
    const HOME = makeTempFolder();
    const env = { HOME, JAMDEV_API_URL: serve.url, JAMDEV_TOKEN: created.stdout.trim() };
    const deployed = await runCli(['deploy', '--json'], { cwd: folder, env });
    expect(deployed).toMatchObject({ code: 0, stderr: '' });
    const image: string = JSON.parse(deployed.stdout).deployment.image;
    expect(image).toMatch(DIGEST);
    expect(image.startsWith(`${repository}@`)).toBe(true);
    const connected = await runCli(['connect', 'doc', '--json'], { cwd: folder, env });
    expect((await send(JSON.parse(connected.stdout).url)).text).toBe('one');
    // The docker client keeps nothing of the login.
    expect(existsSync(join(HOME, '.docker', 'config.json'))).toBe(false);
    const again = await runCli(['deploy', '--json'], { cwd: folder, env });
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: false });
  });

  test('a failed deployment changes nothing', async () => {
    const { serve, account, folder, env, run, deploy, repository } = await prepare();
    const runIn = (cwd: string, ...args: string[]) => runCli(args, { cwd, env });
    const neverPulled = {
      Dockerfile: 'FROM node:22-slim\n',
      'jamsocket.config.json': { services: { doc: { image: 'doc:1', pullPolicy: 'Never' } } },
    };
    const failures: [cwd: string, args: string[], code: number, mention: string][] = [
      [makeProject({ 'server.js': '' }), ['deploy', '--image', repository], 1, 'CMD ["node", "server.js"]'],
      [makeProject(neverPulled), ['deploy'], 1, "drones don't pull its image"],
      [folder, ['deploy', 'other'], 2, 'has no service "other"'],
      [folder, ['deploy', '--image', 'not a repository'], 2, '"not a repository"'],
      [folder, ['deploy', '--image', 'localhost:1/doc'], 1, 'could not be pushed as localhost:1/doc:jamdev-'],
      [folder, ['promote', 'default', 'default'], 2, 'promoted to itself'],
    ];
    for (const [cwd, args, code, mention] of failures) {
      expect(await runIn(cwd, ...args), args.join(' ')).toMatchObject({
        code,
        stderr: expect.stringContaining(mention),
      });
    }
    await deploy();
    const later: typeof failures = [
      [folder, ['deploy', '--environment', 'No/Such'], 1, '"No/Such" is not a valid environment name'],
      [folder, ['rollback', '--environment', 'staging'], 1, 'has no environment "staging"'],
      [folder, ['promote', 'stagin', 'production'], 1, 'has no environment "stagin". It has: "default"'],
      [folder, ['rollback'], 1, 'ran no other image before'],
    ];
    for (const [cwd, args, code, mention] of later) {
      expect(await runIn(cwd, ...args), args.join(' ')).toMatchObject({
        code,
        stderr: expect.stringContaining(mention),
      });
    }
    writeFileSync(join(folder, 'Dockerfile'), 'FROM node:22-slim\nRUN exit 7\n');
    expect(await run('deploy')).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be built') });
    const reader = await runCli(['token', 'create', account, '--scopes', 'read'], {
      env: { JAMDEV_SERVE_DATABASE: serve.database },
    });
    expect(
      await runCli(['rollback'], { cwd: folder, env: { ...env, JAMDEV_TOKEN: reader.stdout.trim() } }),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the scope "deploy"'),
    });
    const path = `${serve.url}/_jamdev/account/${account}/service/doc/environments`;
    const state = (await send(path, { headers: { authorization: `Bearer ${env.JAMDEV_TOKEN}` } })).json();
    expect(state).toMatchObject({ environments: [{ environment: 'default', deployment: { action: 'deploy' } }] });
  });
});

describe('jamdev deploy without a server', () => {
  test('an API must be named', async () => {
    const run = await runCli(['deploy'], { cwd: makeTempFolder(), env: { JAMDEV_API_URL: '' } });
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--api') });
  });
});
