import { describe, expect, test } from 'vitest';
import { checkEnv } from '../../src/contract/env.js';

describe('What a backend sees: variables', () => {
  test.each([
    'PORT',
    'SESSION_BACKEND_ID',
    'SESSION_BACKEND_KEY',
    'SESSION_BACKEND_FENCING_TOKEN',
    'SESSION_BACKEND_STATIC_TOKEN',
    'JAMSOCKET_SERVICE',
  ])('%s is reserved for the platform', (name) => {
    expect(() => checkEnv({ OTHER: 'x', [name]: '1' })).toThrow(
      expect.objectContaining({ code: 'ReservedEnv', status: 400, message: expect.stringContaining(`"${name}"`) }),
    );
  });

  test.each([
    ['an empty name', { '': 'x' }, '"env." is not a valid name of an environment variable.'],
    ['a name with an equals sign', { 'A=B': 'x' }, '"env.A=B" is not a valid name of an environment variable.'],
    ['a name with a NUL', { 'A\0B': 'x' }, '"env.A\0B" is not a valid name of an environment variable.'],
    ['a value with a NUL', { A: 'x\0y' }, '"env.A" must not contain a NUL character.'],
  ])('%s is refused because no process can have it', (_what, env, message) => {
    expect(() => checkEnv(env)).toThrow(expect.objectContaining({ code: 'InvalidRequest', status: 400, message }));
  });

  test('the message names the position of the variable in the request', () => {
    expect(() => checkEnv({ A: '\0' }, 'spawn.executable.env')).toThrow('"spawn.executable.env.A"');
  });

  test('all other variables are accepted unchanged, even with names similar to reserved ones', () => {
    const env = {
      port: '1',
      Port: '2',
      SESSION_BACKEND: '3',
      'with space': 'a=b',
      EMPTY: '',
      LINES: 'a\nb',
      ÜNÏ: '🦊',
    };
    expect(checkEnv(env)).toEqual(env);
  });
});
