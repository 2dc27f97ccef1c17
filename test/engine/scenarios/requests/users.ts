import type { Rows } from '../../stage/scenario.js';

const send = 'GET {path}/ HTTP/1.1\r\nHost: {host}\r\n\r\n';

/** How user and auth reach the backend. */
export const users: Rows = {
  'a user and auth': { send, user: 'ann é', auth: { role: 'editor', deep: { list: [1, 'é'] } } },
  'a user without auth': { send, user: 'ann' },
  'auth without a user': { send, auth: { a: 1 } },
  'an empty user': { send, user: '' },
  'a user of spaces': { send, user: '  ' },
  'a user with quotes and commas': { send, user: 'a "b", c; d=e' },
  'a user in other scripts': { send, user: 'Ωмега 名前 😀' },
  'a user of 255 characters': { send, user: 'u'.repeat(255) },
  'a user with a line end': { send, user: 'a\r\nX-Injected: 1' },
  'a user with spaces around': { send, user: ' ann ' },
  'empty auth': { send, auth: {} },
  'auth of all types': { send, auth: { a: null, b: true, c: 1.5, d: [], e: {}, f: '', g: -0, h: 1e21, i: 'a\n"\\/' } },
  'auth with non-ASCII names': { send, auth: { é: '名', '😀': 1 } },
  'auth with control characters': { send, auth: { a: '\u0001\u001f\u007f\u2028' } },
  'auth of 3,000 characters': { send, auth: { a: 'x'.repeat(3_000) } },
};
