import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { expect, test } from 'vitest';
import type { ClusterSettings } from '../../src/plane/cluster-settings.js';
import { ImageDigests } from '../../src/plane/image-digests.js';
import { PushedImages } from '../../src/plane/pushed-images.js';
import { ServiceImages } from '../../src/plane/service-images.js';
import { OwnRegistry } from '../../src/registry/own-registry.js';
import type { Store } from '../../src/store/tables.js';
import { makeKey } from '../registry/support.js';

const REFERENCE = `registry.example.com/globex/doc@sha256:${'b'.repeat(64)}`;

/** A store whose only environment is pinned to an image. */
function pinnedTo(image: string | undefined): Store {
  const rows = image === undefined ? [] : [{ environment: 'default', image }];
  const connection = {
    executeQuery: async () => ({ rows }) as never,
    streamQuery: () => {
      throw new Error('nothing is streamed');
    },
  };
  const nothing = async () => undefined;
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => ({
        init: nothing,
        acquireConnection: async () => connection,
        beginTransaction: nothing,
        commitTransaction: nothing,
        rollbackTransaction: nothing,
        releaseConnection: nothing,
        destroy: nothing,
      }),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

function imagesOf({
  pinned,
  configured,
  pullPolicy = 'IfNotPresent',
}: {
  pinned?: string;
  configured?: string;
  pullPolicy?: 'IfNotPresent' | 'Never';
}): ServiceImages {
  const store = pinnedTo(pinned);
  const sessions = { useStaticToken: false, maxIdleSeconds: undefined, lifetimeLimitSeconds: undefined };
  const service = { image: configured, pullPolicy, sessions };
  const settings: ClusterSettings = {
    cluster: 'localhost',
    pool: '',
    subdomains: false,
    services: new Map([['doc', service]]),
    defaultService: 'doc',
    defaultLimits: {},
    maxBackends: undefined,
  };
  const registry = new OwnRegistry('https://registry.example.com', makeKey(), () => new Date());
  const own = { registry, pushed: new PushedImages(store, registry) };
  const digests = new ImageDigests(store, registry);
  return new ServiceImages({ store, settings, digests, own }, { account: 'acme', service: 'doc' });
}

test('a foreign account’s image pinned before the registry was set up gets no pull credential', async () => {
  await expect(imagesOf({ pinned: REFERENCE }).toRun('default', undefined)).rejects.toMatchObject({
    code: 'ImageNotFound',
  });
  await expect(imagesOf({ pinned: REFERENCE }).toRun('default', REFERENCE)).rejects.toMatchObject({
    code: 'ImageNotFound',
  });
});

test('an account’s own pinned image gets a pull credential', async () => {
  const image = REFERENCE.replace('globex', 'acme');
  const { credentials } = await imagesOf({ pinned: image }).toRun('default', undefined);
  expect(credentials).toMatchObject({ username: '_pull' });
});

test('the image of the config runs for every account, even when pinned', async () => {
  const { image } = await imagesOf({ pinned: REFERENCE, configured: REFERENCE }).toRun('default', undefined);
  expect(image).toBe(REFERENCE);
});

test('an image id in the config is passed on unchanged to drones that have the image', async () => {
  const configured = `sha256:${'c'.repeat(64)}`;
  const images = imagesOf({ configured, pullPolicy: 'Never' });
  expect(await images.toRun('default', undefined)).toMatchObject({ image: configured, credentials: undefined });
});
