import { describe, test } from 'vitest';
import { shareServer } from '../support/dev-server.js';
import { send } from '../support/http.js';
import { expectRefusal } from '../support/refusal.js';

const server = shareServer();

async function expectRefused(method: string, path: string, status: number, code: string, message: string) {
  expectRefusal(
    await send(server().apiUrl, { method, path, headers: { accept: 'application/json' } }),
    status,
    code,
    message,
  );
}

describe('jamdev’s own: GET /_jamdev/logs', () => {
  test.each([
    ['tail=x', '"tail" must be a whole number, not "x".'],
    ['tail=', '"tail" must be a whole number, not "".'],
    ['tail=-1', '"tail" must be a whole number, not "-1".'],
    ['tail=1.5', '"tail" must be a whole number, not "1.5".'],
    ['tail=1e3', '"tail" must be a whole number, not "1e3".'],
    ['tail=9999999999', '"tail" must be a whole number, not "9999999999".'],
    ['tail=%00', '"tail" must be a whole number, not "\\u0000".'],
    ['tail=1&tail=2', '"tail" must be a string, not a list.'],
    ['follow=maybe', '"follow" must be "true" or "false", not "maybe".'],
    ['follow', '"follow" must be "true" or "false", not "".'],
    ['follow=true&follow=false', '"follow" must be "true" or "false", not a list.'],
    ['backend=a&backend=b', '"backend" must be a string, not a list.'],
  ])('?%s is an invalid query', async (query, message) => {
    await expectRefused('GET', `/_jamdev/logs?${query}`, 400, 'InvalidRequest', message);
  });

  test.each([
    ['backend=nobody', 'There are no logs of a backend or key "nobody". To list the backends: npx jamdev list'],
    ['backend=', 'There are no logs of a backend or key "". To list the backends: npx jamdev list'],
    ['backend=..%2f..', 'There are no logs of a backend or key "../..". To list the backends: npx jamdev list'],
    ['backend=%zz', 'There are no logs of a backend or key "%zz". To list the backends: npx jamdev list'],
  ])('?%s finds no logs', async (query, message) => {
    await expectRefused('GET', `/_jamdev/logs?${query}`, 404, 'BackendNotFound', message);
  });
});
