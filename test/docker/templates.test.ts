import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { TEMPLATE_NAMES, type TemplateName } from '../../src/cli/commands/init/templates.js';
import { type DevRun, runCli, startDev } from '../support/cli.js';
import { post, send } from '../support/http.js';
import { makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { type Connected, describePooledTemplate, describeTemplate } from '../templates/template-suite.js';
import { cleanUp, describeDocker, docker, imagesOf } from './support.js';

/**
 * For each template, a second name of its first image: while that exists, the engine keeps the layers, and only one
 * test per template waits for `npm install`.
 */
const keptImages = new Map<TemplateName, string>();

async function start(template: TemplateName): Promise<DevRun> {
  const folder = join(makeTempFolder(), 'app');
  expect((await runCli(['init', folder, '--template', template])).code).toBe(0);
  const dev = await startDev(folder, ['--runtime', 'docker']);
  onTestFinished(() => cleanUp(dev));
  await waitFor(() => /build {2}1: (done|failed)/.test(dev.stdout()), 'the image', 120_000);
  expect(dev.stdout()).toContain('build  1: done');
  const [image] = await imagesOf(folder);
  if (image !== undefined && !keptImages.has(template)) {
    const kept = `jamdev-test-template-${template}:${randomUUID()}`;
    await docker('tag', image, kept);
    keptImages.set(template, kept);
  }
  return dev;
}

/** With the folder that outlives a container. */
async function connect(dev: DevRun, key: string): Promise<Connected> {
  const body = { key, spawn: { executable: { mount: true } } };
  const connected = (await post(`${dev.apiUrl}/v2/service/-/-/connect`, body)).json<Connected>();
  const status = `${dev.apiUrl}/v2/backend/${connected.backend_id}/status`;
  const now = await waitFor(
    async () => {
      const { status: word } = (await send(status)).json<{ status: string }>();
      return ['ready', 'terminated'].includes(word) && word;
    },
    'the container',
    60_000,
  ).catch((error: Error) => error.message);
  expect(now, dev.stdout()).toBe('ready');
  return connected;
}

afterAll(async () => {
  for (const image of keptImages.values()) await docker('rmi', '--force', image);
});

describeDocker.each(TEMPLATE_NAMES)('the template %s, in containers', (template) => {
  describe('', () => {
    describeTemplate(template, { start, connect });

    test('a typo fails the build, and the session keeps its process', async () => {
      const dev = await start(template);
      const { backend_id } = await connect(dev, 'doc-1');
      await waitFor(async () => (await send(`${dev.apiUrl}/_jamdev/info`)).json().watching, 'the watcher');
      appendFileSync(join(dev.folder, template === 'python' ? 'storage.py' : 'storage.js'), '\n(\n');
      await waitFor(() => /build {2}2: (done|failed)/.test(dev.stdout()), 'the second build');
      expect(dev.stdout()).toContain('build  2: failed');
      expect(dev.stdout()).toContain('SyntaxError');
      const { status } = (await send(`${dev.apiUrl}/v2/backend/${backend_id}/status`)).json<{ status: string }>();
      expect(status).toBe('ready');
      expect(dev.stdout()).not.toContain('replaced by');
    });

    test('the image has the server and only what it needs, and runs it as an unprivileged user', async () => {
      const dev = await start(template);
      const { backend_id } = await connect(dev, 'doc-1');
      const container = `jamdev-${backend_id}`;
      const { Config } = JSON.parse(await docker('inspect', '--format', '{{json .}}', container));
      expect(Config.User).toMatch(/^(node|1000:1000)$/);
      expect(Object.keys(Config.ExposedPorts)).toEqual(['8080/tcp']);
      expect(await docker('exec', container, 'id', '-u')).toBe('1000');
      const files = (await docker('exec', container, 'ls', '-A', '/app')).split('\n');
      expect(files).toEqual(expect.arrayContaining([template === 'python' ? 'server.py' : 'server.js', 'public']));
      expect(files).not.toContain('.jamdev');
      // Docker's init passes a signal only to its direct child, which is the server itself, without a shell in between.
      expect(await docker('exec', container, 'cat', '/proc/1/cmdline')).toMatch(
        /^\/sbin\/docker-init\0--\0(node\0server\.js|python3\0server\.py)\0$/,
      );
    });
  });
});

describeDocker('the template warm-pool, in containers', () => {
  describePooledTemplate({ start });
});
