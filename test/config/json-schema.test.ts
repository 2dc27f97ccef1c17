import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.js';
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
