import { describe, expect, test } from 'vitest';
import { ServiceRegistry } from '../../src/platform/services.js';

const AT = new Date('2026-11-22T12:00:00Z');

function registry(...definitions: string[]): ServiceRegistry {
  return new ServiceRegistry(definitions, () => AT);
}

describe('with one service in the config', () => {
  test('- is the default one, identical to its name', () => {
    const services = registry('default');
    expect(services.get('-')).toMatchObject({ name: 'default', definition: 'default' });
    expect(services.get('-')).toBe(services.get('default'));
  });

  test('any name is a separate service that runs the same definition', () => {
    const services = registry('default');
    expect(services.get('whiteboard')).toMatchObject({ name: 'whiteboard', definition: 'default' });
    expect(services.get('whiteboard')).toBe(services.get('whiteboard'));
    expect(services.get('whiteboard')).not.toBe(services.get('chat'));
  });

  test.each(['__proto__', 'constructor', 'toString', ''])('the name %j is not special', (name) => {
    expect(registry('default').get(name)).toMatchObject({ name, definition: 'default' });
  });

  test('looking for a key creates no service', () => {
    const services = registry('default');
    expect(services.find('whiteboard')).toMatchObject({ name: 'whiteboard', definition: 'default' });
    expect(services.list().map(({ name }) => name)).toEqual(['default']);
  });

  test('a created service runs the same definition, and can be deleted', () => {
    const services = registry('default');
    expect(services.create('chat')).toMatchObject({ name: 'chat', definition: 'default', createdAt: AT });
    expect(services.list().map(({ name }) => name)).toEqual(['default', 'chat']);
    services.delete('chat');
    expect(services.list().map(({ name }) => name)).toEqual(['default']);
  });
});

describe('with several services in the config', () => {
  test('each is found by its name, and - is the first', () => {
    const services = registry('one', 'two');
    expect(services.get('two')).toMatchObject({ name: 'two', definition: 'two' });
    expect(services.get('-')).toMatchObject({ name: 'one', definition: 'one' });
  });

  test('another name is an error that lists the known ones', () => {
    expect(() => registry('one', 'two').get('three')).toThrow(
      expect.objectContaining({
        code: 'ServiceNotFound',
        status: 404,
        sentence: 'There is no service "three". Known services: one, two.',
      }),
    );
  });

  test('a created service has nothing to run', () => {
    const services = registry('one', 'two');
    expect(services.create('three').definition).toBeUndefined();
    expect(services.get('three').name).toBe('three');
  });

  test.each(['one', '-'])('the configured one, as %j, can’t be deleted', (name) => {
    expect(() => registry('one', 'two').delete(name)).toThrow(expect.objectContaining({ code: 'ServiceConfigured' }));
  });
});

test.each(['', 'A', 'a b', '-a', 'a-', 'a/b', 'ä', 'a'.repeat(64)])('%j can’t be the name of a service', (name) => {
  expect(() => registry('default').create(name)).toThrow(expect.objectContaining({ code: 'InvalidRequest' }));
});

test('names are unique', () => {
  expect(() => registry('default').create('default')).toThrow(expect.objectContaining({ code: 'ServiceExists' }));
});

test('an environment is created by its first request, and the service has the last spawn of all of them', () => {
  const service = registry('default').get('-');
  expect(service.environments).toMatchObject([{ name: 'default', imageTag: 'latest', createdAt: AT }]);
  const later = new Date(AT.getTime() + 1);
  const staging = service.environment('staging', later);
  expect(service.environment('staging', new Date())).toBe(staging);
  expect(staging).toMatchObject({ createdAt: later, lastSpawnedAt: undefined });
  expect(service.lastSpawnedAt).toBeUndefined();
  staging.lastSpawnedAt = later;
  service.environment('default', later).lastSpawnedAt = AT;
  expect(service.lastSpawnedAt).toBe(later);
});
