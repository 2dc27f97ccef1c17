import { describe, expect, test } from 'vitest';
import { ServiceRegistry } from '../../src/platform/services.js';

describe('with one service in the config', () => {
  test('- is the default one, and the very same as by its name', () => {
    const registry = new ServiceRegistry(['default']);
    expect(registry.get('-')).toEqual({ name: 'default', definition: 'default' });
    expect(registry.get('-')).toBe(registry.get('default'));
  });

  test('any name is a service of its own that runs the same definition', () => {
    const registry = new ServiceRegistry(['default']);
    expect(registry.get('whiteboard')).toEqual({ name: 'whiteboard', definition: 'default' });
    expect(registry.get('whiteboard')).toBe(registry.get('whiteboard'));
    expect(registry.get('whiteboard')).not.toBe(registry.get('chat'));
  });

  test.each(['__proto__', 'constructor', 'toString', ''])('even the name %j is nothing special', (name) => {
    expect(new ServiceRegistry(['default']).get(name)).toEqual({ name, definition: 'default' });
  });
});

describe('with several services in the config', () => {
  test('each is found by its name, and - is the first', () => {
    const registry = new ServiceRegistry(['one', 'two']);
    expect(registry.get('two')).toEqual({ name: 'two', definition: 'two' });
    expect(registry.get('-')).toEqual({ name: 'one', definition: 'one' });
  });

  test('another name is an error that names those there are', () => {
    expect(() => new ServiceRegistry(['one', 'two']).get('three')).toThrow(
      expect.objectContaining({
        code: 'ServiceNotFound',
        status: 404,
        sentence: 'There is no service "three". Known services: one, two.',
      }),
    );
  });
});
