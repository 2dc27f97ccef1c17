import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { AGE } from '../support/durations.js';
import { post } from '../support/http.js';
import { makeProject, makeTempFolder } from '../support/project.js';
import { describeServe, startServe, useCluster } from '../support/serve.js';

/** Images that nobody has to have: nothing is spawned here. */
const [ONE, TWO, THREE] = ['1', '2', '3'].map((digit) => `registry.example/doc@sha256:${digit.repeat(64)}`);
const NAMES: Record<string, string | undefined> = { one: ONE, two: TWO, three: THREE };

interface Listed {
  id: number;
  image: string;
  action: string;
  origin: number | null;
}

describeServe('jamdev deployments', () => {
  const cluster = useCluster();

  async function prepare(services: object = { doc: {} }) {
    const serve = await startServe(cluster, { config: { services } });
    const created = await runCli(['token', 'create', 'acme'], { env: { JAMDEV_SERVE_DATABASE: serve.database } });
    const token = created.stdout.trim();
    const folder = makeProject({ 'jamsocket.config.json': { services } });
    const env = { HOME: makeTempFolder(), JAMDEV_API_URL: serve.url, JAMDEV_TOKEN: token };
    const run = (...args: string[]) => runCli(args, { cwd: folder, env });
    const deploy = async (image: string, environment = 'default') => {
      const url = `${serve.url}/_jamdev/account/acme/service/doc/environment/${environment}/deploy`;
      const answer = await post(url, { image: NAMES[image] }, { authorization: `Bearer ${token}` });
      expect(answer.status, answer.text).toBe(200);
      return answer.json<{ deployment: Listed }>().deployment.id;
    };
    const list = async (...args: string[]): Promise<Listed[]> => {
      const { code, stdout, stderr } = await run('deployments', '--json', ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout).deployments;
    };
    return { serve, token, run, deploy, list };
  }

  test('lists the deployments of an environment with their actors, newest first', async () => {
    const { run, deploy, list } = await prepare();
    expect((await run('deployments')).stdout).toBe('Nothing was deployed to doc/default yet.\n');
    const ids = [await deploy('one'), await deploy('two')];
    await deploy('three', 'staging');
    expect(await list()).toMatchObject([
      { id: ids[1], image: TWO, action: 'deploy', origin: null, actor: expect.stringMatching(/^token:/) },
      { id: ids[0], image: ONE, action: 'deploy', origin: null },
    ]);
    expect(await list('doc', '--environment', 'staging')).toMatchObject([{ image: THREE }]);
    expect((await run('rollback')).code).toBe(0);
    const { code, stdout } = await run('deployments', 'doc');
    expect(code).toBe(0);
    const row = (id: string, digit: string, action: string) =>
      `${id} +doc@sha256:${digit.repeat(12)} +${AGE} ago +${action} +token:[0-9a-f]{16}\n`;
    expect(stdout).toMatch(
      new RegExp(
        `^doc/default:\nID +IMAGE +SINCE +ACTION +BY\n${row('\\d+', '1', `rollback to ${ids[0]}`)}${row(`${ids[1]}`, '2', 'deploy')}${row(`${ids[0]}`, '1', 'deploy')}$`,
      ),
    );
    expect(await run('deployments', '-e', 'production')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no environment "production". It has: "default", "staging"'),
    });
  });

  test('rollback --to goes to the image of any of them, and a rollback after it further back from there', async () => {
    const { run, deploy, list } = await prepare();
    const [one] = [await deploy('one'), await deploy('two'), await deploy('three'), await deploy('two')];
    const back = await run('rollback', 'doc', '--to', String(one), '--json');
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(back.stdout)).toMatchObject({
      changed: true,
      deployment: { image: ONE, action: 'rollback', origin: one },
      previous: { image: TWO },
    });
    const again = await run('rollback', '--to', String(one));
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(' is already set to doc@sha256:111111111111.'),
    });
    expect(await run('rollback')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ran no other image before'),
    });
    // To a rollback: it counts as that which it went back to.
    const [rollback] = await list();
    await deploy('three');
    expect((await run('rollback', '--to', String(rollback?.id))).code).toBe(0);
    expect((await list())[0]).toMatchObject({ image: ONE, action: 'rollback', origin: one });
  });

  test('rollback --to takes only a deployment of that very environment, and of one service', async () => {
    const { serve, token, run, deploy } = await prepare({ doc: {}, chat: {} });
    await deploy('one');
    const staging = await deploy('two', 'staging');
    for (const [args, code, mention] of [
      [['doc', '--to', String(staging)], 1, `"default" of service "doc" has no deployment ${staging}. List them`],
      [['doc', '--to', '0'], 2, '--to must be the id of a deployment, not "0"'],
      [['doc', '--to', 'one'], 2, 'not "one"'],
      [['--to', String(staging)], 2, '--to is for one service.\nName one of: doc, chat'],
    ] as const) {
      expect(await run('rollback', ...args), args.join(' ')).toMatchObject({
        code,
        stderr: expect.stringContaining(mention),
      });
    }
    const url = `${serve.url}/_jamdev/account/acme/service/doc/environment/staging/rollback`;
    for (const to of ['1', 0, -1, 1.5, null, 2 ** 60]) {
      const answer = await post(url, { to }, { authorization: `Bearer ${token}` });
      expect(answer.status, String(to)).toBe(400);
    }
    expect((await run('deployments', '--json')).stdout.trimEnd().split('\n')).toHaveLength(2);
  });
});
