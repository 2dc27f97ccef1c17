import { z } from 'zod';
import { configFileSchema } from './schema.js';

/**
 * Creates the JSON Schema of the config file for editors, in draft 7, which all editors support. `npm run schema` writes it
 * to `config.schema.json` in the package root.
 */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configFileSchema, { target: 'draft-7', io: 'input' });
  return { ...schema, title: 'jamdev: jamsocket.config.json' };
}
