import type { z } from 'zod';
import { requestErrors } from './errors/request-errors.js';
import { describeJson } from './key.js';

/**
 * Parses a request body.
 * @param body parsed JSON, or undefined if none was sent
 * @throws JamdevError `InvalidRequest`, and the errors of the schema's own checks
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const value = body ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw requestErrors.bodyNotObject(describeJson(value));
  return parseFields(schema, value);
}

/** Parses the fields of a request's body or query. @throws JamdevError like {@link parseBody} */
export function parseFields<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, detail } = firstIssue(result.error, value);
  throw requestErrors.invalidField(path, detail);
}

/**
 * Describes the deepest issue of a failed parse: "must be a string, not a number".
 * @param value the parsed value, so that the message can show what it contains
 */
export function firstIssue(error: z.ZodError, value: unknown): { path: string; detail: string } {
  const issue = deepest(error.issues[0], []);
  const found = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  return { path: issue.path.join('.'), detail: `${issue.message}, not ${show(found)}` };
}

function deepest(issue: z.core.$ZodIssue | undefined, prefix: PropertyKey[]): { path: PropertyKey[]; message: string } {
  if (issue === undefined) return { path: prefix, message: 'is not valid' };
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') {
    // A union fails once per member. The member that got furthest into the value is most likely the intended one.
    const inner = issue.errors.map((issues) => deepest(issues[0], path));
    const furthest = inner.toSorted((a, b) => b.path.length - a.path.length)[0];
    if (furthest !== undefined && furthest.path.length > path.length) return furthest;
    return { path, message: `must be ${inner.map((each) => each.message.replace(/^must be /, '')).join(' or ')}` };
  }
  return { path, message: inWords(issue) };
}

const EXPECTED_WORDS: Record<string, string> = {
  string: 'a string',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be ${EXPECTED_WORDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small' && issue.origin === 'string') return 'must be a non-empty string';
  if (issue.code === 'too_small') return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}`;
  return issue.message;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined ? 'missing' : describeJson(value);
}
