import { expect, test } from 'vitest';
import { parseConnectRequest } from '../../src/contract/requests.js';
import { systemClock } from '../../src/os/clock.js';
import type { ImageSource } from '../../src/platform/services.js';
import type { Build } from '../../src/runtime/runtime.js';
import { makePlatform } from '../support/platform.js';
import { fixture } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const COMMAND = `node ${fixture('echo-server.mjs')}`;
const TAGGED = parseConnectRequest({ key: 'k', spawn: { tag: 'one' } });

/** A build for each tag, with this number. */
function buildOf(number: number): Build {
  return { kind: 'process', number, command: COMMAND, cwd: process.cwd(), env: {}, remap8080: false };
}

/** Image lookups that end when a test says so. */
class SlowImages implements ImageSource {
  readonly asked: { tag: string; answer: (build: Build) => void }[] = [];

  find(_service: unknown, tag: string): Promise<Build> {
    return new Promise((answer) => this.asked.push({ tag, answer }));
  }

  async list(): Promise<[]> {
    return [];
  }
}

test('a service deleted during the lookup of its image spawns nothing', async () => {
  const images = new SlowImages();
  const { platform } = makePlatform(COMMAND, systemClock, ['doc', 'chat'], {}, images);
  platform.services.create('extra');
  const connecting = platform.connect('extra', TAGGED);
  platform.deleteService('extra');
  images.asked[0]?.answer(buildOf(1));
  await expect(connecting).rejects.toMatchObject({ code: 'ServiceNotFound' });
  expect(platform.backends).toEqual([]);
});

test('an image chosen while a connect waits for the key is the one that it spawns', async () => {
  const images = new SlowImages();
  const { platform } = makePlatform(COMMAND, systemClock, ['default'], {}, images);
  const { backend: holder } = await platform.connect('-', parseConnectRequest({ key: 'k' }));
  holder.terminate('external', false);
  const connecting = platform.connect('-', parseConnectRequest({ key: 'k' }));
  const choosing = platform.useImage('-', 'default', 'two');
  images.asked.shift()?.answer(buildOf(2));
  await choosing;
  await waitFor(() => images.asked[0], 'the image to be looked for');
  images.asked[0]?.answer(buildOf(2));
  const { backend, spawned } = await connecting;
  expect(spawned).toBe(true);
  expect(backend.identity.image).toMatchObject({ number: 2 });
});

test('an image is looked up again if another request had the key in between, because it may be gone', async () => {
  const images = new SlowImages();
  const { platform } = makePlatform(COMMAND, systemClock, ['default'], {}, images);
  const connecting = platform.connect('-', TAGGED);
  const { backend: holder } = await platform.connect('-', parseConnectRequest({ key: 'k' }));
  holder.terminate('external', false);
  images.asked[0]?.answer(buildOf(1));
  await waitFor(() => images.asked[1], 'the image to be looked for again');
  images.asked[1]?.answer(buildOf(2));
  expect((await connecting).backend.identity.image).toMatchObject({ number: 2 });
});
