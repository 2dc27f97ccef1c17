import { z } from 'zod';
import { configFileSchema } from './schema.js';

/**
 * The JSON Schema of the config file, for editors: draft 7, which all of them know. `config.schema.json` at the top of
 * the package is this, written by `npm run schema`.
 */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configFileSchema, { target: 'draft-7', io: 'input' });
  return { ...schema, title: 'jamdev: jamsocket.config.json' };
}
