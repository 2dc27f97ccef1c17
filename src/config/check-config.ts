import { z } from 'zod';
import { firstIssue } from '../contract/parse-request.js';
import { configErrors } from './config-errors.js';
import { nearest } from './nearest.js';
import { type ConfigFile, configFileSchema } from './schema.js';

/**
 * Checks the content of a config file.
 * @param file the file's name in messages
 * @throws JamdevError `ConfigInvalid`, which suggests the nearest known key
 */
export function checkConfig(value: object, file: string): ConfigFile {
  const result = configFileSchema.safeParse(value);
  if (result.success) {
    const place = findZeroByte(result.data);
    if (place !== undefined) throw configErrors.configInvalid(file, place, 'must not contain a zero byte');
    return result.data;
  }
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const prefix = issue.path.length > 0 ? `${issue.path.join('.')}.` : '';
    throw configErrors.configUnknownKey(file, `${prefix}${key}`, nearest(key, knownKeys(issue.path)));
  }
  const { path, detail } = firstIssue(result.error, value);
  throw configErrors.configInvalid(file, path, detail);
}

/** Finds a string with a zero byte, which paths and commands can't contain. Variables are checked where they are used. */
function findZeroByte(value: unknown, path: string[] = []): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? path.join('.') : undefined;
  // A service may be named `env`.
  const areVariables = path.at(-1) === 'env' && path.at(-2) !== 'services';
  if (typeof value !== 'object' || value === null || areVariables) return undefined;
  for (const [key, each] of Object.entries(value)) {
    const found = findZeroByte(each, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the keys that the schema allows at a path in the file. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configFileSchema;
  for (const key of path) {
    const parent = unwrap(schema);
    if (parent instanceof z.ZodObject) schema = parent.shape[String(key)];
    else if (parent instanceof z.ZodRecord) schema = parent.valueType;
    else return [];
  }
  const found = unwrap(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? schema.unwrap() : schema;
}
