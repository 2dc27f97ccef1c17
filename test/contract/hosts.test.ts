import { expect, test } from 'vitest';
import { isAllowedHost, parseProxyHost } from '../../src/contract/hosts.js';

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
  '[0:0:0:0:0:0:0:1]:8080',
  'host.docker.internal:8080',
  'mybox.lan',
  'MyBox.LAN:8080',
])('the host %s is allowed, with mybox.lan in the config', (host) => {
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
  'evil.example#.localhost',
  'evil.example?.localhost',
  'evil.example/.localhost',
  'evil.example\\.localhost',
  'evil.example@localhost',
  'localhost@evil.example',
  ':@localhost',
  'evil%2elocalhost',
  '%6cocalhost',
  'localhost%00.evil.example',
  'localhost.',
  'app.localhost.',
  'app..localhost',
  '.localhost',
  'evil。localhost',
  'ｌocalhost',
  'localhost\u00ad',
  'local\thost',
  ' localhost',
  'localhost, evil.example',
  'localhost:80a',
  'localhost:99999',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.0.0.256',
  '[::1',
  '::1',
  '[::1%25lo]',
  '[::ffff:127.0.0.1]',
  '[127.0.0.1]',
])('the host %j is refused', (host) => {
  expect(isAllowedHost(host, { names: ['mybox.lan'], addresses: false })).toBe(false);
});

test.each(['192.168.1.5:8080', '[fd00::2]:8080', '10.0.0.1'])(
  'the address %s is allowed if addresses are allowed',
  (host) => {
    expect(isAllowedHost(host, { names: [], addresses: true })).toBe(true);
    expect(isAllowedHost(host, { names: [], addresses: false })).toBe(false);
    expect(isAllowedHost('evil.example', { names: [], addresses: true })).toBe(false);
  },
);

/** With the names `mybox.lan` and `app.mybox.lan` allowed. */
function named(host: string | undefined) {
  const names = ['MyBox.lan', 'app.mybox.lan', 'special.localhost', '10.0.0.7'];
  const found = parseProxyHost(host, { names, addresses: false });
  return found.kind === 'backend' ? found.label : found.kind;
}

test.each([
  ['knrv5h2m0c8xqa.localhost:9090', 'knrv5h2m0c8xqa'],
  ['knrv5h2m0c8xqa.localhost', 'knrv5h2m0c8xqa'],
  ['KNRV5H2M0C8XQA.LocalHost:9090', 'knrv5h2m0c8xqa'],
  ['anything-else.localhost:1', 'anything-else'],
  ['knrv5h2m0c8xqa.mybox.lan:9090', 'knrv5h2m0c8xqa'],
  ['knrv5h2m0c8xqa.app.mybox.lan', 'knrv5h2m0c8xqa'],
  ['other.mybox.lan', 'other'],
])('the host %s names the backend %s', (host, label) => {
  expect(named(host)).toBe(label);
});

test.each([
  undefined,
  '',
  'localhost',
  'LOCALHOST:9090',
  '127.0.0.1:9090',
  '[::1]:9090',
  'host.docker.internal:9090',
  'mybox.lan:9090',
  'app.mybox.lan',
  'special.localhost',
  '10.0.0.7:9090',
  'a.b.localhost:9090',
])('the host %s names the dev server', (host) => {
  expect(named(host)).toBe('server');
});

test.each([
  'evil.example',
  'localhost.evil.example',
  'knrv5h2m0c8xqa.evil.example',
  'knrv5h2m0c8xqa.127.0.0.1',
  'knrv5h2m0c8xqa.10.0.0.7',
  'knrv5h2m0c8xqa.[::1]',
  'knrv5h2m0c8xqa.host.docker.internal',
  'a.b.mybox.lan',
  '.mybox.lan',
  'evilmybox.lan',
  '10.0.0.1',
  ':9090',
  'localhost:9090:1',
])('the host %j names neither', (host) => {
  expect(named(host)).toBe('foreign');
});

test('names in the config may be written in any usual way', () => {
  const allowed = { names: ['Größe.lan', 'fd00::2', '[fd00::3]', 'not a host', ''], addresses: false };
  for (const host of ['xn--gre-6ka8i.lan:8080', '[fd00::2]:8080', '[FD00:0::3]']) {
    expect(isAllowedHost(host, allowed), host).toBe(true);
  }
  for (const host of ['', 'größe.lan', 'not a host']) expect(isAllowedHost(host, allowed), host).toBe(false);
});

test('an address names the dev server if addresses are allowed', () => {
  expect(parseProxyHost('192.168.1.5:9090', { names: [], addresses: true })).toEqual({ kind: 'server' });
});
