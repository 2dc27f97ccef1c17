import pg from 'pg';
import { expect, test } from 'vitest';
import { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { explainFailure, keepsConnection } from '../../src/store/database-failure.js';

function answer(code: string, severity = 'ERROR'): pg.DatabaseError {
  const error = new pg.DatabaseError('role "secret-role" at 10.0.0.7', 0, 'error');
  return Object.assign(error, { code, severity });
}

const network = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.7:5432`), { code });

test.each<[string, unknown, string, string]>([
  ['nothing listens', network('ECONNREFUSED'), 'DatabaseUnavailable', 'ECONNREFUSED'],
  ['no such host', network('ENOTFOUND'), 'DatabaseUnavailable', 'ENOTFOUND'],
  ['reset', network('ECONNRESET'), 'DatabaseUnavailable', 'ECONNRESET'],
  ['no socket', network('ENOENT'), 'DatabaseUnavailable', 'ENOENT'],
  ['cut off', new Error('Connection terminated unexpectedly'), 'DatabaseUnavailable', 'terminated unexpectedly'],
  ['frozen', new Error('Query read timeout'), 'DatabaseUnavailable', '5 s'],
  ['a connection timeout', new Error('timeout exceeded when trying to connect'), 'DatabaseUnavailable', '5 s'],
  ['restarting', answer('57P01', 'FATAL'), 'DatabaseUnavailable', '57P01'],
  ['starting', answer('57P03', 'FATAL'), 'DatabaseUnavailable', '57P03'],
  ['connection exception', answer('08006', 'FATAL'), 'DatabaseUnavailable', '08006'],
  ['disk error', answer('58030'), 'DatabaseUnavailable', '58030'],
  ['full', answer('53100'), 'DatabaseUnavailable', 'disk full'],
  ['no memory', answer('53200'), 'DatabaseUnavailable', 'out of memory'],
  ['crowded', answer('53300', 'FATAL'), 'DatabaseUnavailable', 'too many connections'],
  ['another limit', answer('53400'), 'DatabaseUnavailable', '53400'],
  ['slow statement', answer('57014'), 'DatabaseUnavailable', '5 s'],
  ['a lock timeout', answer('55P03'), 'DatabaseUnavailable', '5 s'],
  ['standby', answer('25006'), 'DatabaseUnavailable', 'read only'],
  ['wrong password', answer('28P01', 'FATAL'), 'DatabaseUnusable', 'password is wrong'],
  ['an unknown role', answer('28000', 'FATAL'), 'DatabaseUnusable', 'role does not exist'],
  ['an unknown database', answer('3D000', 'FATAL'), 'DatabaseUnusable', 'no database of that name'],
  ['missing permission', answer('42501'), 'DatabaseUnusable', 'CREATE'],
  [
    'a missing password',
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    'DatabaseUnusable',
    'password',
  ],
  ['no TLS on the server', new Error('The server does not support SSL connections'), 'DatabaseUnusable', 'TLS'],
  ['an untrusted certificate', network('DEPTH_ZERO_SELF_SIGNED_CERT'), 'DatabaseUnusable', 'SELF_SIGNED'],
])('%s', (_title, error, code, mention) => {
  const explained = explainFailure(error, 5_000);
  if (!(explained instanceof JamdevError)) throw new Error('not explained');
  expect(explained.code).toBe(code);
  expect(explained.status).toBe(503);
  expect(explained.sentence).toContain(mention);
  // Every caller of the API can read it.
  expect(explained.sentence).not.toMatch(/secret-role|10\.0\.0\.7/);
});

test.each([answer('23505'), answer('42P01'), answer('XX000'), new TypeError('not a query'), 'text'])(
  'an error of the query is passed on unchanged: %s',
  (error) => {
    expect(explainFailure(error, 5_000)).toBe(error);
  },
);

test('a connection is kept only after an answer', () => {
  expect(keepsConnection(answer('23505'))).toBe(true);
  expect(keepsConnection(answer('57P01', 'FATAL'))).toBe(false);
  expect(keepsConnection(new Error('Query read timeout'))).toBe(false);
});
