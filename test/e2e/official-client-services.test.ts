import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDev, untilWatching } from '../support/cli.js';
import { send } from '../support/http.js';
import { fieldsOf, logIn, overrideNotice, rowsOf, timeless } from '../support/official-client.js';
import { fixture, makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

// The official client, unchanged: services, their environments and images.

const ECHO = `node ${fixture('echo-server.mjs')}`;

const server = (version: string) =>
  `require('http').createServer((request, response) => response.end('${version}')).listen(process.env.PORT);`;

async function startProject(config: object = { command: ECHO }, files: Record<string, string> = {}) {
  const dev = await startDev(makeProject({ 'jamsocket.config.json': config, ...files }));
  const client = logIn(dev.apiUrl);
  const connect = async (...args: string[]) => fieldsOf((await client.run('connect', ...args)).stdout);
  const list = async () => (await client.run('service', 'list')).stdout;
  return { dev, client, connect, list };
}

const startTwo = () => startProject({ services: { doc: { command: ECHO }, chat: { command: ECHO } } });

describe('Official clients', () => {
  describe('service create, list and delete', () => {
    test('a service is created, used and deleted', async () => {
      const { dev, client, connect, list } = await startProject();
      expect(await list()).toBe('default\n');
      expect(await client.run('service', 'create', 'chat')).toEqual({
        code: 0,
        stdout: 'Created service: chat\n',
        stderr: overrideNotice(dev.apiUrl),
      });
      expect(await list()).toBe('default\nchat\n');
      const again = await client.run('service', 'create', 'chat');
      expect(again).toMatchObject({ code: 1, stdout: '' });
      expect(again.stderr).toMatch(/409 - ServiceExists: The service "chat" already exists\./);
      const { 'backend url': url = '', 'backend id': id = '' } = await connect('chat');
      expect((await send(url)).json()).toMatchObject({ environment: { JAMSOCKET_SERVICE: 'chat' } });

      const inUse = await client.run('service', 'delete', '-y', 'chat');
      expect(inUse.code).toBe(1);
      expect(inUse.stdout).not.toContain('Deleted');
      expect(inUse.stderr).toMatch(/409 - ServiceInUse: The service "chat" has a running backend\. To end them first/);
      await client.run('terminate', '-f', id);
      await waitFor(async () => (await client.run('backend', 'list')).stdout.includes('No running'), 'its end');
      const deleted = await client.run('service', 'delete', '-y', 'chat');
      expect(deleted.code).toBe(0);
      expect(timeless(deleted.stdout)).toContain(
        `The service chat had a container image pushed to it a moment ago, and was last`,
      );
      expect(deleted.stdout).toMatch(/\nDeleted service: chat\n$/);
      expect(await list()).toBe('default\n');
    });

    test('a service from the config cannot be deleted, in use or not, and neither can an unknown one', async () => {
      const { client, connect, list } = await startTwo();
      await connect('doc');
      for (const name of ['doc', 'chat']) {
        const { code, stderr } = await client.run('service', 'delete', name, '-y');
        expect(code).toBe(1);
        expect(stderr).toContain(
          `409 - ServiceConfigured: The service "${name}" comes from the project's config and can't be deleted here.`,
        );
      }
      const unknown = await client.run('service', 'delete', 'nope', '-y');
      expect(unknown.code).toBe(1);
      expect(unknown.stderr).toMatch(/404 - ServiceNotFound: There is no service "nope"\. Known services: doc, chat\./);
      expect(await list()).toBe('doc\nchat\n');
    });

    test('an invalid service name is refused', async () => {
      const { client } = await startProject();
      const { code, stderr } = await client.run('service', 'create', 'Not_OK');
      expect(code).toBe(1);
      expect(stderr).toMatch(/400 - InvalidRequest: "Not_OK" is not a valid service name\. Use lowercase letters/);
    });
  });

  describe('service info', () => {
    test('for one with a single environment, before and after use', async () => {
      const { dev, client, connect } = await startProject();
      const info = (lastSpawn: string) => `Service: default
  account: local
  created: a moment ago
  last spawn: ${lastSpawn}
  last image push: build-1 (a moment ago)
  dashboard: https://app.localhost/service/local/default
  cluster: localhost
  image tag/digest: latest

`;
      const unused = await client.run('service', 'info', 'default');
      expect({ ...unused, stdout: timeless(unused.stdout) }).toEqual({
        code: 0,
        stdout: info('-'),
        stderr: overrideNotice(dev.apiUrl),
      });
      await connect('default');
      expect(timeless((await client.run('service', 'info', 'default')).stdout)).toBe(info('a moment ago'));
    });

    test('for one with several environments', async () => {
      const { client, connect } = await startTwo();
      await client.run('service', 'use-image', 'chat/prod', '-i', 'build-1');
      await connect('chat/staging');
      const { stdout } = await client.run('service', 'info', 'chat');
      expect(timeless(stdout).split('dashboard: https://app.localhost/service/local/chat\n')[1]).toBe(`
Environments:
  default
    cluster: localhost
    image tag/digest: latest
    last spawned: -
  prod
    cluster: localhost
    image tag/digest: build-1
    last spawned: -
  staging
    cluster: localhost
    image tag/digest: latest
    last spawned: a moment ago

`);
    });

    test('for one that does not exist', async () => {
      const { client } = await startTwo();
      for (const command of [
        ['service', 'info', 'nope'],
        ['images', 'nope'],
        ['connect', 'nope'],
      ]) {
        const { code, stderr } = await client.run(...command);
        expect(code).toBe(1);
        expect(stderr).toMatch(/404 - ServiceNotFound: There is no service "nope"\. Known services: doc, chat\./);
      }
    });
  });

  describe('images and use-image', () => {
    test('lists builds as images', async () => {
      const { dev, client } = await startProject();
      const { code, stdout, stderr } = await client.run('service', 'images', 'default');
      expect({ code, stderr }).toEqual({ code: 0, stderr: overrideNotice(dev.apiUrl) });
      expect(stdout).toMatch(/^\nFound the following images:\n/);
      const row = (tag: string) => ({
        Digest: 'build-1',
        Tag: tag,
        Uploaded: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        Repository: 'default',
      });
      expect(rowsOf(stdout)).toEqual([row('latest'), row('build-1')]);
    });

    test('lists no images of a service without a build', async () => {
      const { client } = await startTwo();
      await client.run('service', 'create', 'third');
      expect((await client.run('images', 'third')).stdout).toBe('No images found for this service.\n\n');
      const { stderr } = await client.run('connect', 'third');
      expect(stderr).toMatch(/404 - ImageNotFound: .* It has none yet\. Your own tags need/);
    });

    test('an environment keeps running its chosen image through later builds', async () => {
      const { dev, client, connect } = await startProject(
        { command: 'node server.js', onChange: 'restart' },
        { 'server.js': server('one') },
      );
      expect(await client.run('service', 'use-image', 'default/stable', '-i', 'build-1')).toEqual({
        code: 0,
        stdout: `Updated default/stable to use image build-1
Run jamsocket service info default for more information about your service.
`,
        stderr: overrideNotice(dev.apiUrl),
      });
      const [stable, newest] = [await connect('default/stable'), await connect('default')];
      const answers = () =>
        Promise.all([stable, newest].map(async (said) => (await send(said['backend url'] ?? '')).text));
      expect(await answers()).toEqual(['one', 'one']);
      await untilWatching(dev);
      writeFileSync(join(dev.folder, 'server.js'), server('two'));
      await waitFor(async () => (await answers())[1] === 'two', 'the new code');
      expect(await answers()).toEqual(['one', 'two']);
      const infoOf = async (said: Record<string, string>) =>
        fieldsOf((await client.run('backend', 'info', said['backend id'] ?? '')).stdout);
      expect(await infoOf(stable)).toMatchObject({ environment: 'stable', 'image digest': 'build-1' });
      expect(await infoOf(newest)).toMatchObject({ 'image digest': 'build-2' });

      // Child processes have only one build: no new backend can run the old one, and the message says how to return.
      const gone = await client.run('connect', 'default/stable');
      expect(gone.code).toBe(1);
      expect(gone.stderr).toMatch(/404 - ImageNotFound: .* with the tag "build-1"\. Known tags: latest, build-2\./);
      expect((await client.run('service', 'use-image', 'default/stable', '-i', 'latest')).code).toBe(0);
      expect((await send((await connect('default/stable'))['backend url'] ?? '')).text).toBe('two');
    });

    test('an unknown image is refused with the known tags, and changes nothing', async () => {
      const { client } = await startProject();
      const { code, stdout, stderr } = await client.run('service', 'use-image', 'default', '-i', 'v7');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/404 - ImageNotFound: .* with the tag "v7"\. Known tags: latest, build-1\./);
      expect((await client.run('service', 'info', 'default')).stdout).toContain('image tag/digest: latest\n');
    });
  });
});
