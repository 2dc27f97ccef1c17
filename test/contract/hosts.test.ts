import { expect, test } from 'vitest';
import { isAllowedHost, isLoopbackOrigin } from '../../src/contract/hosts.js';

test.each([
  'localhost',
  'LOCALHOST:8080',
  'localhost:',
  'knrv5h2m0c8xqa.localhost:9090',
  'a.b.localhost',
  '127.0.0.1',
  '127.0.0.1:8080',
  '127.1.2.3:1',
  '[::1]',
  '[::1]:8080',
  'host.docker.internal:8080',
  'mybox.lan',
  'MyBox.LAN:8080',
])('the host %s is this machine, with mybox.lan allowed', (host) => {
  expect(isAllowedHost(host, { names: ['MYBOX.lan'], addresses: false })).toBe(true);
});

test.each([
  '',
  ':8080',
  'evil.example',
  'localhost.evil.example',
  'evil-localhost',
  'notlocalhost:8080',
  '127.0.0.1.evil.example',
  'x127.0.0.1',
  '128.0.0.1',
  '10.0.0.1',
  '[::2]',
  '[::1].evil.example',
  'sub.mybox.lan',
  'host.docker.internal.evil.example',
  'localhost:8080:9090',
  'evil.example#localhost',
])('the host %j is not', (host) => {
  expect(isAllowedHost(host, { names: ['mybox.lan'], addresses: false })).toBe(false);
});

test.each([
  'http://localhost',
  'http://localhost:5173',
  'https://localhost:5173',
  'http://app.localhost:9090',
  'http://127.0.0.1:3000',
  'http://[::1]:3000',
])('pages from %s are on this machine', (origin) => {
  expect(isLoopbackOrigin(origin)).toBe(true);
});

test.each([
  '',
  'null',
  'http://evil.example',
  'https://localhost.evil.example',
  'https://evil.example/http://localhost',
  'http://localhost@evil.example',
  'http://localhost/',
  'file://localhost',
  'chrome-extension://localhost',
  'localhost',
  'http://host.docker.internal',
  ' http://localhost',
])('pages from %j are not', (origin) => {
  expect(isLoopbackOrigin(origin)).toBe(false);
});

test.each(['192.168.1.5:8080', '[fd00::2]:8080', '10.0.0.1'])(
  'the address %s is allowed where addresses are',
  (host) => {
    expect(isAllowedHost(host, { names: [], addresses: true })).toBe(true);
    expect(isAllowedHost(host, { names: [], addresses: false })).toBe(false);
    expect(isAllowedHost('evil.example', { names: [], addresses: true })).toBe(false);
  },
);
