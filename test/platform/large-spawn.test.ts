import { expect, test } from 'vitest';
import { parseConnectRequest } from '../../src/contract/requests.js';
import type { Backend } from '../../src/platform/backend.js';
import { HandClock } from '../support/hand-clock.js';
import { makePlatform } from '../support/platform.js';

test('a connect whose spawn is too large for Plane causes one remark per service with the size, and spawns', async () => {
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
  const remarksOf = (backend: Backend) => remarks.get(backend)?.filter((text) => text.includes('bytes as JSON'));
  const small = await connect('doc', 6_000);
  const large = await connect('doc', 6_200);
  const again = await connect('doc', 9_000);
  const other = await connect('chat', 100_000);
  expect(remarksOf(small)).toEqual([]);
  expect(remarksOf(large)).toEqual([
    expect.stringMatching(/have 62\d\d bytes as JSON\. jamdev serve accepts at most 6144, and Plane fails/),
  ]);
  expect(remarksOf(again)).toEqual([]);
  expect(remarksOf(other)).toEqual([expect.stringMatching(/have 1000\d\d bytes/)]);
});
