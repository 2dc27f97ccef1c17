import { expect, test } from 'vitest';
import { portOfUrl } from '../../src/os/port-of-url.js';

test.each([
  ['http://localhost:8080', 8080],
  ['http://localhost:80', 80],
  ['http://[::1]:9090/x', 9090],
])('the port of %s', (url, port) => {
  expect(portOfUrl(url)).toBe(port);
});
