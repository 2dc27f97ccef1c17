import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { TEMPLATE_NAMES } from '../../src/cli/commands/init/templates.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { configFileSchema } from '../../src/config/schema.js';
import { ROOT } from '../support/project.js';

interface Described {
  description?: string;
  properties?: Record<string, Described>;
  additionalProperties?: Described | boolean;
}

/** The keys of a schema, nested ones included, that have no description. */
function undescribed({ properties = {}, additionalProperties }: Described, path = ''): string[] {
  const inner = Object.entries(properties).flatMap(([name, schema]) => [
    ...(schema.description === undefined ? [`${path}${name}`] : []),
    ...undescribed(schema, `${path}${name}.`),
  ]);
  return typeof additionalProperties === 'object'
    ? [...inner, ...undescribed(additionalProperties, `${path}*.`)]
    : inner;
}

test('config.schema.json matches the schema that parses the config; to update it: npm run schema', () => {
  const kept = JSON.parse(readFileSync(join(ROOT, 'config.schema.json'), 'utf8'));
  expect(kept).toEqual(configJsonSchema());
});

test('every key has a description, and no other key is allowed', () => {
  const schema = configJsonSchema() as Described;
  expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(15);
  expect(undescribed(schema)).toEqual([]);
  expect(schema.additionalProperties).toBe(false);
});

describe('an editor that validates with it', () => {
  const accepts = new Ajv({ allErrors: true }).compile(configJsonSchema());

  test.each(TEMPLATE_NAMES)('accepts the config of the template %s', (template) => {
    const text = readFileSync(join(ROOT, 'templates', template, 'jamsocket.config.json'), 'utf8');
    expect([accepts(JSON.parse(text)), accepts.errors]).toEqual([true, null]);
  });

  test.each([
    ['nothing', {}],
    ['a command', { command: 'node server.js', build: 'npm run build', watch: ['src'], env: { A: '1' } }],
    ['a Dockerfile', { dockerfile: './Dockerfile', dockerOptions: { path: '.', buildArgs: { A: '1' }, target: 'x' } }],
    ['services', { services: { doc: { command: 'node doc.js' }, chat: { dockerfile: './chat/Dockerfile' } } }],
    ['a misspelled key', { comand: 'node server.js' }],
    ['a misspelled key in a service', { services: { doc: { comand: 'node server.js' } } }],
    ['a number for a string', { command: 8080 }],
    ['a string for a list', { watch: 'src' }],
    ['an unknown choice', { onChange: 'restarts' }],
    ['a list', []],
  ])('agrees with jamdev on %s', (_what, config) => {
    expect(accepts(config)).toBe(configFileSchema.safeParse(config).success);
  });
});
