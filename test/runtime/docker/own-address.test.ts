import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { findOwnAddress } from '../../../src/runtime/docker/own-address.js';

const here = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)[0]?.address ?? '';

test.each([
  ['on a bridge of this machine', { bridge: { IPAddress: '172.17.0.2', Gateway: here } }, '172.17.0.2'],
  [
    'on such a bridge and on other networks',
    { lan: { IPAddress: '10.0.0.9', Gateway: '10.0.0.1' }, own: { IPAddress: '172.18.0.2', Gateway: here } },
    '172.18.0.2',
  ],
  [
    'on a network whose gateway is another machine',
    { lan: { IPAddress: '10.0.0.9', Gateway: '192.0.2.1' } },
    undefined,
  ],
  ['on an internal network', { inner: { IPAddress: '172.19.0.2', Gateway: '' } }, undefined],
  ["on this machine's own network", { host: { IPAddress: '', Gateway: '' } }, undefined],
  ['that has ended', { bridge: { IPAddress: '', Gateway: here } }, undefined],
  ['without a network', {}, undefined],
])('the reachable address of a container %s', (_where, networks, address) => {
  expect(findOwnAddress(networks)).toBe(address);
});
