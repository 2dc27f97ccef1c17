import { expect, test } from 'vitest';
import { parseConnectRequest } from '../../src/contract/requests.js';
import type { Backend } from '../../src/platform/backend.js';
import { spawnBytes } from '../../src/platform/spawn-size.js';
import { HandClock } from '../support/hand-clock.js';
import { makePlatform } from '../support/platform.js';

const image = { kind: 'container', number: 0, image: 'app:1', digest: '', env: {} } as const;
const container = { ...image, network: undefined, init: undefined, platform: undefined };

test.each([
  [{ A: 'x'.repeat(100) }, 'k', undefined, '{"env":{"A":""},"image":"","key":"k"}'.length + 100],
  [{ A: '€' }, 'k', undefined, '{"env":{"A":""},"image":"","key":"k"}'.length + 3],
  [{ A: '"\n' }, '', undefined, '{"env":{"A":""},"image":"","key":""}'.length + 4],
  [{}, 'ü', container, '{"env":{},"image":"app:1","key":""}'.length + 2],
])('counts env, image and key in bytes of JSON: %j', (env, key, of, expected) => {
  expect(spawnBytes({ env }, key, of)).toBe(expected);
});

test('a connect request whose spawn is too large for Plane is said once per service, with its size; it spawns', async () => {
  const setup = makePlatform('exec sleep 60', new HandClock(), ['doc', 'chat']);
  const remarks = new Map<Backend, string[]>();
  setup.platform.events.on('backend', (backend) => {
    remarks.set(backend, []);
    backend.events.on('notice', (text) => remarks.get(backend)?.push(text));
  });
  const connect = async (service: string, bytes: number): Promise<Backend> => {
    const body = { spawn: { executable: { env: { A: 'x'.repeat(bytes) } } } };
    const { backend, spawned } = await setup.platform.connect(service, parseConnectRequest(body));
    expect(spawned).toBe(true);
    return backend;
  };
  const remarksOf = (backend: Backend) => remarks.get(backend)?.filter((text) => text.includes('Plane'));
  const small = await connect('doc', 6_000);
  const large = await connect('doc', 6_200);
  const again = await connect('doc', 9_000);
  const other = await connect('chat', 100_000);
  expect(remarksOf(small)).toEqual([]);
  expect(remarksOf(large)).toEqual([expect.stringMatching(/have 62\d\d bytes as JSON\. Plane can spawn with 6 KiB/)]);
  expect(remarksOf(again)).toEqual([]);
  expect(remarksOf(other)).toEqual([expect.stringMatching(/have 1000\d\d bytes/)]);
});
