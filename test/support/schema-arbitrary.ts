import fc from 'fast-check';

type Schema = Record<string, unknown>;

const KEYWORDS = new Set(
  'type anyOf oneOf enum const properties required additionalProperties propertyNames items minLength maxLength exclusiveMinimum minimum maximum format description'.split(
    ' ',
  ),
);

/** Stands for a value nested so deeply that it can only be written as text. */
export const TOO_DEEP = '@deep@';

/** Short texts that recur, so that two requests can name the same thing. */
const RECURRING = fc.constantFrom('a', 'b');

/**
 * JSON values that a JSON Schema allows, for the kinds of schema that the API has.
 * @param named the schemas that `$ref` refers to, by their last part
 * @throws Error for an unknown kind, which must not be left out silently
 */
export function fromSchema(schema: Schema, named: Record<string, Schema>): fc.Arbitrary<unknown> {
  const inner = (each: unknown) => fromSchema(each as Schema, named);
  if (typeof schema.$ref === 'string') return inner(named[schema.$ref.split('/').at(-1) ?? '']);
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.has(keyword));
  if (unknown.length > 0) throw new Error(`no values can be made for ${unknown.join(', ')} of a schema`);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const options = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (options !== undefined) return fc.oneof(...options.map(inner));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => inner({ ...schema, type })));
  switch (schema.type) {
    case undefined:
      return fc.oneof({ weight: 4, arbitrary: fc.jsonValue() }, fc.constant(TOO_DEEP));
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({ min: 1, max: 2 ** 31 - 1 });
    case 'number':
      return fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    case 'array':
      return fc.array(inner(schema.items), { maxLength: 3 });
    case 'object':
      return objectOf(schema, inner);
    default:
      throw new Error(`no values can be made for the type ${String(schema.type)}`);
  }
}

function textOf({ format, minLength = 0, maxLength = 200 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  const size = { minLength: Number(minLength), maxLength: Number(maxLength) };
  return fc.oneof(
    RECURRING,
    fc.string({ unit: 'grapheme', ...size, maxLength: 40 }),
    fc.string({ unit: 'binary', ...size }),
  );
}

function objectOf(schema: Schema, inner: (each: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  if (Object.keys(properties).length === 0 && typeof schema.additionalProperties === 'object') {
    return fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 20 }), inner(schema.additionalProperties), {
      maxKeys: 3,
    });
  }
  const fields = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, inner(field)]));
  return fc.record(fields, { requiredKeys: required });
}
