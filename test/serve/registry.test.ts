import { describe, expect, test } from 'vitest';
import { docker } from '../engine/drivers/backend-image.js';
import { runCli } from '../support/cli.js';
import { openSocket, post, send } from '../support/http.js';
import { makeOfficialClient, rowsOf, saveCredentials } from '../support/official-client.js';
import { makeProject } from '../support/project.js';
import { hasRegistry, makeTinyImage, startRegistry, type TestRegistry } from '../support/registry.js';
import {
  describeServe,
  isContainerRunning,
  type ServeRun,
  START_DEADLINE_MS,
  startServe,
  useCluster,
} from '../support/serve.js';
import { waitFor } from '../support/wait.js';

/** docker commands of the official client use the same engine. */
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
    /** Runs a command of the official client, which must succeed. */
    async run(...args: string[]) {
      const { code, stdout, stderr } = await client.run(...args);
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    },
    /** The answer of a new backend, and the image that it runs. */
    async spawn(service: string, spawn: object | true = true) {
      const answer = await post(`${serve.url}/v2/service/${account}/${service}/connect`, { spawn }, bearer(token));
      expect(answer.status, answer.text).toBe(200);
      const { url, backend_id: id } = answer.json<{ url: string; backend_id: string }>();
      const { text } = await send(url);
      const info = (await send(`${serve.url}/v2/backend/${id}`, { headers: bearer(token) })).json<{
        image_digest: string;
      }>();
      await post(`${serve.url}/v2/backend/${id}/terminate`, { hard: true }, bearer(token));
      await waitFor(async () => !(await isContainerRunning(id)), 'the container to end', START_DEADLINE_MS);
      return { text, digest: info.image_digest };
    },
  };
}

/** Removes what a push left in the engine, so that a drone must pull it. */
async function forget(repository: string): Promise<void> {
  const names = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}', repository)).split('\n');
  // Images that a drone has pulled by digest have no tag.
  const tagged = names.filter((name) => name !== '' && !name.endsWith(':<none>'));
  if (tagged.length > 0) await docker('rmi', ...tagged);
}

/** Requests a token from the registry's token service. @param password undefined: without credentials */
async function askForToken(serve: ServeRun, scope: string | undefined, account: string, password?: string) {
  const headers = password === undefined ? {} : { authorization: `Basic ${btoa(`${account}:${password}`)}` };
  const query = scope === undefined ? '' : `&scope=${encodeURIComponent(scope)}`;
  const answer = await send(`${serve.url}/registry/token?service=x${query}`, { headers });
  const body = answer.json<{ token?: string; errors?: { code: string; message: string }[] }>();
  const payload = body.token === undefined ? undefined : JSON.parse(atob(body.token.split('.')[1] ?? ''));
  return { status: answer.status, error: body.errors?.[0], access: payload?.access, token: body.token ?? '' };
}

describe.skipIf(!hasRegistry)('with a registry', () => {
  describeServe('jamdev serve: pushes', () => {
    const cluster = useCluster();

    async function start(): Promise<{ registry: TestRegistry; serve: ServeRun }> {
      const registry = await startRegistry();
      const serve = await startServe(cluster, { config: { services: { doc: {}, chat: {} } }, serve: registry.serve });
      return { registry, serve };
    }

    test('the official client pushes, backends run the newest push, and use-image pins one', async () => {
      const { registry, serve } = await start();
      const acme = await makeAccount(serve, 'acme');
      const repository = `${registry.host}/acme/doc`;
      const pushed = await acme.run('push', 'doc', await makeTinyImage('one'));
      expect(pushed).toContain(`Tagging (${repository}).`);
      await forget(repository);
      const one = await acme.spawn('doc');
      expect(one.text).toBe('one');

      await acme.run('push', 'doc', await makeTinyImage('two'), '-t', 'v2');
      await forget(repository);
      const two = await acme.spawn('doc');
      expect(two.text).toBe('two');
      expect(await acme.spawn('doc', { tag: 'latest' })).toEqual(one);
      expect(await acme.spawn('doc', { tag: one.digest })).toEqual(one);

      const images = rowsOf(await acme.run('images', 'doc'));
      expect(images.map(({ Digest, Tag, Repository }) => [Digest, Tag, Repository])).toEqual([
        [two.digest, 'v2', repository],
        [one.digest, 'latest', repository],
      ]);
      for (const { Uploaded = '' } of images) expect(Math.abs(Date.parse(Uploaded) - Date.now())).toBeLessThan(600_000);

      await acme.run('service', 'use-image', 'doc', '-i', one.digest);
      await acme.run('service', 'use-image', 'doc/staging', '-i', 'v2');
      await acme.run('push', 'doc', await makeTinyImage('three'), '-t', 'v2');
      expect(await acme.spawn('doc')).toEqual(one);
      expect(await acme.spawn('doc/staging')).toEqual(two);
      expect((await acme.spawn('doc/other')).text).toBe('three');
      await acme.run('service', 'use-image', 'doc', '-i', 'latest');
      expect((await acme.spawn('doc')).text).toBe('three');

      const unknown = await acme.client.run('service', 'use-image', 'doc', '-i', 'v9');
      expect(unknown.stderr).toContain('has no image "v9" in the registry. Known tags: v2, latest.');
      const { stdout } = await runCli(['audit', 'acme', '--json'], { env: { JAMDEV_SERVE_DATABASE: serve.database } });
      expect(stdout).toContain(`doc:latest@${one.digest}`);
    });

    test('an account gets only its own repositories, limited by the scopes of its token', async () => {
      const { registry, serve } = await start();
      const acme = await makeAccount(serve, 'acme');
      const globex = await makeAccount(serve, 'globex');
      await acme.run('push', 'doc', await makeTinyImage('secret'));
      const { digest } = await acme.spawn('doc');
      const own = { type: 'repository', name: 'acme/doc' };

      const deploy = await askForToken(serve, 'repository:acme/doc:push,pull,delete', 'acme', acme.token);
      expect(deploy).toMatchObject({ status: 200, access: [{ ...own, actions: ['push', 'pull'] }] });
      const reader = await createToken(serve, 'acme', 'read');
      expect(await askForToken(serve, 'repository:acme/doc:push,pull', 'acme', reader)).toMatchObject({
        access: [{ ...own, actions: ['pull'] }],
      });
      expect(await askForToken(serve, undefined, 'acme', acme.token)).toMatchObject({ status: 200, access: [] });
      // Docker also requests the repository to copy layers from.
      const both = 'repository:globex/doc:push,pull repository:acme/doc:pull';
      expect(await askForToken(serve, both, 'globex', globex.token)).toMatchObject({
        access: [{ type: 'repository', name: 'globex/doc', actions: ['push', 'pull'] }],
      });
      const connector = await createToken(serve, 'acme', 'connect');
      const revoked = await createToken(serve, 'acme', 'admin');
      const id = revoked.split('.')[0] ?? '';
      await runCli(['token', 'revoke', 'acme', id], { env: { JAMDEV_SERVE_DATABASE: serve.database } });
      for (const [status, scope, account, password] of [
        [403, 'repository:acme/doc:pull', 'globex', globex.token],
        [403, 'repository:acme/doc:push', 'globex', globex.token],
        [403, 'repository:acme/doc:pull', 'acme', connector],
        [403, 'repository:acme/doc:push', 'acme', reader],
        [403, 'registry:catalog:*', 'acme', acme.token],
        [403, 'repository:acme/doc/more:pull', 'acme', acme.token],
        [403, 'repository:acme:pull', 'acme', acme.token],
        [404, 'repository:acme/nope:push', 'acme', acme.token],
        [401, 'repository:acme/doc:pull', 'globex', acme.token],
        [401, 'repository:acme/doc:pull', '_pull', acme.token],
        [401, 'repository:acme/doc:pull', 'acme', revoked],
        [401, 'repository:acme/doc:pull', 'acme', undefined],
      ] as const) {
        const refused = await askForToken(serve, scope, account, password);
        expect(refused, `${account} ${scope}`).toMatchObject({ status, error: { message: expect.any(String) } });
      }

      // The registry allows only what was granted.
      const { token } = await askForToken(serve, 'repository:globex/doc:push,pull', 'globex', globex.token);
      for (const path of ['/v2/acme/doc/tags/list', `/v2/acme/doc/manifests/${digest}`, '/v2/_catalog']) {
        expect((await send(registry.url + path, { headers: bearer(token) })).status, path).toBe(401);
      }
      // The drone has the image, and would not ask the registry.
      for (const reference of [`${registry.host}/acme/doc@${digest}`, `${registry.host}/acme/doc:latest`]) {
        const answer = await post(
          `${serve.url}/v2/service/globex/doc/update`,
          { image_tag: reference },
          bearer(globex.token),
        );
        expect(answer.json()).toMatchObject({ error: { code: 'ImageNotFound' } });
      }
      expect((await globex.client.run('service', 'use-image', 'doc', '-i', digest)).code).toBe(1);

      const name = `${registry.host}/globex/nope`;
      await docker('tag', await makeTinyImage('nope'), name);
      const config = makeProject({
        'config.json': { auths: { [registry.host]: { auth: btoa(`globex:${globex.token}`) } } },
      });
      const push = await docker('--config', config, 'push', name).catch((error: { stderr: string }) => error.stderr);
      expect(push).toContain('denied: There is no service "nope".');
      await docker('rmi', name);

      const other = await startRegistry({ notifies: false });
      for (const [key, line] of [
        [registry.serve.registryKeyFile, `ok    registry ${registry.url}`],
        [other.serve.registryKeyFile, `fail  registry ${registry.url}: The registry ${registry.host} can't be asked`],
      ] as const) {
        const env = {
          JAMDEV_SERVE_CONTROLLER: cluster.plane.controllerUrl,
          JAMDEV_SERVE_CLUSTER: cluster.plane.cluster,
          JAMDEV_SERVE_DATABASE: serve.database,
          JAMDEV_SERVE_REGISTRY: registry.url,
          JAMDEV_SERVE_REGISTRY_KEY_FILE: key,
        };
        expect((await runCli(['serve', '--check'], { env, cwd: makeProject() })).stdout).toContain(line);
      }

      for (let count = 0; count < 20; count += 1) await askForToken(serve, undefined, 'acme', 'a.b');
      expect(await askForToken(serve, undefined, 'acme', 'a.b')).toMatchObject({ status: 429 });
      expect(await askForToken(serve, undefined, 'acme', acme.token)).toMatchObject({ status: 200 });
    });

    test('a push without a notification is still found, and a late notification changes nothing', async () => {
      const registry = await startRegistry({ notifies: false });
      const serve = await startServe(cluster, { config: { services: { doc: {} } }, serve: registry.serve });
      const acme = await makeAccount(serve, 'acme');
      for (const text of ['one', 'two']) {
        await acme.run('push', 'doc', await makeTinyImage(text));
        expect((await acme.spawn('doc')).text).toBe(text);
      }
      const [newest] = rowsOf(await acme.run('images', 'doc'));
      const event = (digest: string, repository = 'acme/doc') => ({
        events: [
          {
            id: 'e1',
            action: 'push',
            timestamp: '2099-01-01T00:00:00Z',
            target: { repository, digest, tag: 'latest' },
          },
        ],
      });
      const late = event(`sha256:${'0'.repeat(64)}`);
      const events = `${serve.url}/registry/events`;
      expect((await post(events, late)).status).toBe(401);
      expect((await post(events, late, bearer(acme.token))).status).toBe(401);
      const { socket, received } = await openSocket(serve.url);
      socket.write('POST /registry/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n{');
      await waitFor(() => received().startsWith('HTTP/1.1 401 '), 'the refusal of a body that never comes');
      const { secret } = registry;
      for (const body of [late, late, event(`sha256:${'1'.repeat(64)}`, 'acme/gone'), event('', 'a/b/c')]) {
        expect((await post(events, body, { authorization: secret })).status).toBe(200);
      }
      expect((await acme.spawn('doc')).digest).toBe(newest?.Digest);
      await registry.kill();
      expect((await acme.spawn('doc')).digest).toBe(newest?.Digest);
    });

    test('tags of any registry become digests, also of multi-platform images', async () => {
      const other = await startRegistry({ isPublic: true });
      const tag = async (text: string, name: string) => {
        const reference = `${other.host}/app:${name}`;
        await docker('tag', await makeTinyImage(text), reference);
        await docker('push', reference);
        await docker('rmi', reference);
      };
      await tag('one', 'stable');
      await tag('two', 'next');
      const image = `${other.host}/app:stable`;
      const config = { services: { doc: { image }, chat: {} } };
      const serve = await startServe(cluster, { config });
      const acme = await makeAccount(serve, 'acme');
      const one = await acme.spawn('doc');
      expect(one.text).toBe('one');
      await tag('three', 'stable');
      expect(await acme.spawn('doc')).toEqual(one);
      await acme.run('service', 'use-image', 'chat', '-i', `${other.host}/app:next`);
      expect((await acme.spawn('chat')).text).toBe('two');
      const missing = await acme.client.run('service', 'use-image', 'chat', '-i', `${other.host}/app:nope`);
      expect(missing.stderr).toContain(`The image "${other.host}/app:nope" can't be resolved to a digest`);
      const away = await acme.client.run('service', 'use-image', 'chat', '-i', '127.0.0.1:1/app:nope');
      expect(away.stderr).toMatch(/503 - RegistryUnavailable: The registry 127\.0\.0\.1:1 can't be asked/);

      const index = await other.pushIndex('app', 'many', ['stable']);
      await acme.run('service', 'use-image', 'chat', '-i', `${other.host}/app:many`);
      expect(await acme.spawn('chat')).toEqual({ text: 'three', digest: index });

      // Another jamdev serve on the same database resolves the config again, for both.
      await startServe(cluster, { config, database: serve.database });
      expect((await acme.spawn('doc')).text).toBe('three');
      const push = await acme.client.run('push', 'doc', await makeTinyImage('four'));
      expect(push.stderr).toContain('denied: This jamdev serve has no registry to push to.');
    });
  });
});
