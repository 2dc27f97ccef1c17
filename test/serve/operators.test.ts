import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { describeServe, type ServeRun, startServe, useCluster } from '../support/serve.js';

/** Requests about what all accounts share. The drone to drain does not exist: an operator gets 404. */
const SHARED = ['GET /metrics', 'GET /v2/drones', 'POST /v2/drone/dr-none/drain'];
const ALLOWED = [200, 200, 404];
const REFUSED = [403, 403, 403];

describeServe('jamdev serve: operators', () => {
  const cluster = useCluster();

  async function createToken(serve: ServeRun, account: string, scope = 'admin'): Promise<string> {
    const args = ['token', 'create', account, '--scopes', scope];
    const { stdout, stderr, code } = await runCli(args, { env: { JAMDEV_SERVE_DATABASE: serve.database } });
    expect(code, stderr).toBe(0);
    return stdout.trim();
  }

  async function ask(serve: ServeRun, token: string) {
    const headers = { authorization: `Bearer ${token}` };
    return Promise.all(
      SHARED.map((what) => {
        const [method, path] = what.split(' ');
        return method === 'POST' ? post(serve.url + path, {}, headers) : send(serve.url + path, { headers });
      }),
    );
  }

  async function statuses(serve: ServeRun, token: string): Promise<number[]> {
    return (await ask(serve, token)).map(({ status }) => status);
  }

  test('without "operators", admins of all accounts operate the cluster', async () => {
    const serve = await startServe(cluster);
    for (const account of ['acme', 'globex']) {
      expect(await statuses(serve, await createToken(serve, account))).toEqual(ALLOWED);
      expect(await statuses(serve, await createToken(serve, account, 'deploy'))).toEqual(REFUSED);
    }
  });

  test('with "operators", only admins of these accounts operate the cluster', async () => {
    const serve = await startServe(cluster, { serve: { operators: ['ops'] } });
    const alone = await createToken(serve, 'acme');
    expect(await statuses(serve, alone)).toEqual(REFUSED);
    expect(await statuses(serve, await createToken(serve, 'ops'))).toEqual(ALLOWED);
    expect(await statuses(serve, await createToken(serve, 'ops', 'read,connect,deploy'))).toEqual(REFUSED);
    expect(await statuses(serve, alone)).toEqual(REFUSED);
    const byCommand = (token: string) =>
      runCli(['drones', '--json', '--api', serve.url], { cwd: serve.folder, env: { JAMDEV_TOKEN: token } });
    expect(await byCommand(alone)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not operate this cluster'),
    });
  });
});
