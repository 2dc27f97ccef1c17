import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type DevRun, startDev, untilWatching } from '../support/cli.js';
import { send } from '../support/http.js';
import { fieldsOf, logIn, rowsOf } from '../support/official-client.js';
import { makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';
import { describeDocker, docker } from './support.js';

const DOCKERFILE = 'FROM node:22-slim\nCOPY server.js /server.js\nCMD ["node", "/server.js"]\n';

const server = (version: string) => `
process.on('SIGTERM', () => process.exit(0));
require('http').createServer((request, response) => response.end('${version}')).listen(8080);
`;

/** A unique name in the engine. */
const uniqueName = () => `t-${Math.random().toString(36).slice(2, 12)}`;

/** Builds a unique image by hand, which is removed with all its names when the dev server has ended. */
async function makeImage(dev: DevRun, version: string): Promise<{ name: string; id: string }> {
  const name = uniqueName();
  const folder = makeProject({ Dockerfile: DOCKERFILE, 'server.js': server(version) });
  await docker('build', '--tag', name, '--label', `test=${name}`, folder);
  const id = await docker('image', 'inspect', '--format', '{{.Id}}', name);
  onTestFinished(async () => {
    dev.process.kill('SIGTERM');
    await dev.exit;
    await docker('rmi', '--force', id);
  });
  return { name, id };
}

async function startProject(config: object = {}, otherServices: object = {}) {
  const service = uniqueName();
  const folder = makeProject({
    Dockerfile: DOCKERFILE,
    'server.js': server('one'),
    'jamsocket.config.json': {
      services: { [service]: { dockerfile: './Dockerfile', ...config }, ...otherServices },
    },
  });
  const dev = await startDev(folder);
  // For a push, the client gives docker its own config, which has no contexts.
  const host =
    process.env.DOCKER_HOST ?? (await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'));
  const client = logIn(dev.apiUrl, { DOCKER_HOST: host });
  const connect = async (...args: string[]) => fieldsOf((await client.run('connect', ...args)).stdout);
  const ask = async (said: Record<string, string>) => (await send(said['backend url'] ?? '')).text;
  await untilBuilt(dev, service, 1);
  return { dev, service, client, connect, ask };
}

interface Image {
  tag: string;
  digest: string;
}

async function imagesOf(dev: DevRun, service: string): Promise<Image[]> {
  return (await send(`${dev.apiUrl}/v2/service/-/${service}/images`)).json<{ images: Image[] }>().images;
}

async function untilBuilt(dev: DevRun, service: string, number: number): Promise<void> {
  const built = async () => (await imagesOf(dev, service)).some(({ tag }) => tag === `build-${number}`);
  await waitFor(built, `build ${number}`);
}

describeDocker('the official client, with images', () => {
  test('push is refused with instructions for local use, which work', async () => {
    const { dev, service, client, connect, ask } = await startProject();
    const { name, id } = await makeImage(dev, 'pushed');
    const { code, stdout, stderr } = await client.run('push', service, name, '-t', 'v1');
    expect(code).toBe(1);
    const repository = `${new URL(dev.apiUrl).host}/local/${service}`;
    expect(stdout).toContain(`Tagging (${repository}:v1).`);
    expect(stderr).toContain('denied: No registry is needed: the image is already tagged locally.');
    const advice = /jamsocket connect (\S+) -t TAG/.exec(stderr)?.[1];
    expect(await ask(await connect(advice ?? '', '-t', 'v1'))).toBe('pushed');
    expect(await ask(await connect(service))).toBe('one');

    const shown = rowsOf((await client.run('images', service)).stdout);
    const built = (await imagesOf(dev, service))[0]?.digest;
    expect(shown.map(({ Tag, Digest }) => [Tag, Digest])).toEqual([
      ['latest', built],
      ['build-1', built],
      ['v1', id],
    ]);
    expect(shown[2]).toMatchObject({ Repository: repository });

    const unknown = await client.run('connect', service, '-t', 'v2');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain(
      `no image with the tag "v2". Known tags: latest, build-1, v1. To tag a local image: docker tag IMAGE ${service}:TAG`,
    );
  });

  test('an image tagged by hand is used by tag or digest, and by a service without anything else to run', async () => {
    const others = { plain: { command: 'true' } };
    const { dev, service, client, connect, ask } = await startProject({}, others);
    const { name, id } = await makeImage(dev, 'by hand');
    await docker('tag', name, `${service}:mine`);
    expect(await ask(await connect(service, '-t', 'mine'))).toBe('by hand');
    expect(await ask(await connect(service, '-t', id))).toBe('by hand');
    expect((await client.run('service', 'use-image', `${service}/prod`, '-i', id)).code).toBe(0);
    const prod = await connect(`${service}/prod`);
    expect(await ask(prod)).toBe('by hand');
    expect(fieldsOf((await client.run('backend', 'info', prod['backend id'] ?? '')).stdout)).toMatchObject({
      environment: 'prod',
      'image digest': id,
    });
    expect(await ask(await connect(service))).toBe('one');

    const other = uniqueName();
    await client.run('service', 'create', other);
    await docker('tag', name, `${other}:latest`);
    expect(await ask(await connect(other))).toBe('by hand');
  });

  test('a backend started by tag keeps its image when a new build is rolled out, and used images are kept', async () => {
    const { dev, service, client, connect, ask } = await startProject({ onChange: 'restart' });
    const { name } = await makeImage(dev, 'by hand');
    await docker('tag', name, `${service}:mine`);
    await client.run('service', 'use-image', `${service}/stable`, '-i', 'build-1');
    const [free, tagged, stable] = [
      await connect(service),
      await connect(service, '-t', 'mine'),
      await connect(`${service}/stable`),
    ];
    const answers = () => Promise.all([free, tagged, stable].map(ask));
    expect(await answers()).toEqual(['one', 'by hand', 'one']);
    const oldest = await docker('inspect', '--format', '{{.Image}}', `jamdev-${stable['backend id']}`);
    await untilWatching(dev);
    writeFileSync(join(dev.folder, 'server.js'), server('two'));
    await waitFor(async () => (await ask(free)) === 'two', 'the new code');
    expect(await answers()).toEqual(['two', 'by hand', 'one']);

    // Of unused builds only the newest is kept.
    await client.run('terminate', '-f', stable['backend id'] ?? '');
    for (const version of ['three', 'four', 'five']) {
      writeFileSync(join(dev.folder, 'server.js'), server(version));
      await waitFor(async () => (await ask(free)) === version, version, 60_000);
    }
    const tags = async () => (await imagesOf(dev, service)).map(({ tag }) => tag);
    await waitFor(async () => !(await tags()).includes('build-2'), 'the second image to go');
    expect(await tags()).toEqual(['latest', 'build-5', 'build-4', 'build-3', 'build-1', 'mine']);
    // Whatever name was requested.
    const [first = ''] = JSON.parse(
      await docker('image', 'inspect', '--format', '{{json .RepoTags}}', oldest),
    ) as string[];
    await client.run('service', 'use-image', `${service}/stable`, '-i', first);
    writeFileSync(join(dev.folder, 'server.js'), server('six'));
    await waitFor(async () => !(await tags()).includes('build-3'), 'the third image to go');
    expect(await tags()).toContain('build-1');
    expect(await ask(await connect(`${service}/stable`))).toBe('one');
  });
});
