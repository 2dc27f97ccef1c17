import { describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeOfficialClient, saveCredentials } from '../support/official-client.js';
import { hasRegistry, makeTinyImage, startRegistry, type TestRegistry } from '../support/registry.js';
import { describeServe, type ServeRun, startServe, useCluster } from '../support/serve.js';

/** Commands that the official client passes to docker go to the same engine. */
const ENGINE = { DOCKER_HOST: process.env.DOCKER_HOST };

async function createToken(serve: ServeRun, account: string, ...scopes: string[]): Promise<string> {
  const args = ['token', 'create', account, '--json', ...(scopes.length > 0 ? ['--scopes', scopes.join(',')] : [])];
  const { code, stdout, stderr } = await runCli(args, { env: { JAMDEV_SERVE_DATABASE: serve.database } });
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { token: string }).token;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** An account with the official client, logged in. */
async function makeAccount(serve: ServeRun, account: string) {
  const token = await createToken(serve, account);
  const client = makeOfficialClient(serve.url, ENGINE);
  saveCredentials(client, { api_token: { account, token } });
  return {
    client,
    token,
    /** Runs a command of the official client, which has to succeed. */
    async run(...args: string[]) {
      const { code, stdout, stderr } = await client.run(...args);
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    },
    /** What a new backend answers, and the image that it runs. */
    async spawn(service: string, spawn: object | true = true) {
      const answer = await post(`${serve.url}/v2/service/${account}/${service}/connect`, { spawn }, bearer(token));
      expect(answer.status, answer.text).toBe(200);
      const { url, backend_id: id } = answer.json<{ url: string; backend_id: string }>();
      const { text } = await send(url);
      const info = (await send(`${serve.url}/v2/backend/${id}`, { headers: bearer(token) })).json<{
        image_digest: string;
      }>();
      await post(`${serve.url}/v2/backend/${id}/terminate`, { hard: true }, bearer(token));
      return { text, digest: info.image_digest };
    },
  };
}

describe.skipIf(!hasRegistry)('with a registry', () => {
  describeServe('jamdev serve: pushes', () => {
    const cluster = useCluster();

    async function start(): Promise<{ registry: TestRegistry; serve: ServeRun }> {
      const registry = await startRegistry();
      const serve = await startServe(cluster, { config: { services: { doc: {}, chat: {} } }, serve: registry.serve });
      return { registry, serve };
    }

    test('the official client pushes, and the next backend runs what was pushed last', async () => {
      const { registry, serve } = await start();
      const acme = await makeAccount(serve, 'acme');
      const one = await makeTinyImage('one');
      const pushed = await acme.run('push', 'doc', one);
      expect(pushed).toContain(`Tagging (${registry.host}/acme/doc).`);
      expect(await acme.spawn('doc')).toMatchObject({ text: 'one' });
    });
  });
});
