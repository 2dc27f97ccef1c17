import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { describeServe, type ServeRun, startServe, useCluster } from '../support/serve.js';

/** What all accounts share. A drain is asked for a drone that there is not: whoever may drain is told so. */
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

  test('an admin of the only account operates the cluster; as soon as there are two, nobody does', async () => {
    const serve = await startServe(cluster);
    const [admin, reader] = [await createToken(serve, 'acme'), await createToken(serve, 'acme', 'deploy')];
    expect(await statuses(serve, admin)).toEqual(ALLOWED);
    expect(await statuses(serve, reader)).toEqual(REFUSED);
    const other = await createToken(serve, 'globex');
    for (const [account, token] of [
      ['acme', admin],
      ['globex', other],
    ] as const) {
      for (const answer of await ask(serve, token)) {
        expect(answer.json()).toMatchObject({
          error: { code: 'AccountNotAllowed', message: expect.stringContaining('JAMDEV_SERVE_OPERATORS') },
        });
      }
      // What belongs to its account is left to it.
      const headers = { authorization: `Bearer ${token}` };
      expect((await send(`${serve.url}/v2/account/${account}/tokens`, { headers })).status).toBe(200);
    }
  });

  test('those that are named operate it, with the scope admin, and no other, even if it is the only one', async () => {
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
