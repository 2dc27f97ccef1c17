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

/** The keys of a schema, and of all that lie within, that say nothing about themselves. */
function undescribed({ properties = {}, additionalProperties }: Described, path = ''): string[] {
  const inner = Object.entries(properties).flatMap(([name, schema]) => [
    ...(schema.description === undefined ? [`${path}${name}`] : []),
    ...undescribed(schema, `${path}${name}.`),
  ]);
  return typeof additionalProperties === 'object'
    ? [...inner, ...undescribed(additionalProperties, `${path}*.`)]
    : inner;
}

test('config.schema.json is what the config is parsed with; if not: npm run schema', () => {
  const kept = JSON.parse(readFileSync(join(ROOT, 'config.schema.json'), 'utf8'));
  expect(kept).toEqual(configJsonSchema());
});

test('every key is described, and no other is allowed', () => {
  const schema = configJsonSchema() as Described;
  expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(15);
  expect(undescribed(schema)).toEqual([]);
  expect(schema.additionalProperties).toBe(false);
});

describe('an editor that checks with it', () => {
  const accepts = new Ajv({ allErrors: true }).compile(configJsonSchema());

  test.each(TEMPLATE_NAMES)('has nothing to say of the config of the template %s', (template) => {
    const text = readFileSync(join(ROOT, 'templates', template, 'jamsocket.config.json'), 'utf8');
    expect([accepts(JSON.parse(text)), accepts.errors]).toEqual([true, null]);
  });

  test.each([
    ['nothing', {}],
    ['a command', { command: 'node server.js', build: 'npm run build', watch: ['src'], env: { A: '1' } }],
    ['a Dockerfile', { dockerfile: './Dockerfile', dockerOptions: { path: '.', buildArgs: { A: '1' }, target: 'x' } }],
    ['services', { services: { doc: { command: 'node doc.js' }, chat: { dockerfile: './chat/Dockerfile' } } }],
    ['a word that is misspelt', { comand: 'node server.js' }],
    ['a word that is misspelt in a service', { services: { doc: { comand: 'node server.js' } } }],
    ['a number for a text', { command: 8080 }],
    ['a text for a list', { watch: 'src' }],
    ['what is none of the choices', { onChange: 'restarts' }],
    ['a list', []],
  ])('thinks as jamdev does of %s', (_what, config) => {
    expect(accepts(config)).toBe(configFileSchema.safeParse(config).success);
  });
});
