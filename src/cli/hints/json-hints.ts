/** The fields of JSON output that contain jamdev's own sentences. */
const OWN_SENTENCES = new Set(['message', 'remedy', 'text', 'remark', 'explanation', 'port_remarks']);

/**
 * Adapts the commands in a JSON value to where they are printed. Only jamdev's own sentences are changed: keys, ids and
 * program output are left as they are.
 */
export function adaptJsonHints(value: unknown, adapt: (text: string) => string, field = ''): unknown {
  if (typeof value === 'string') return OWN_SENTENCES.has(field) ? adapt(value) : value;
  if (Array.isArray(value)) return value.map((each) => adaptJsonHints(each, adapt, field));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, adaptJsonHints(each, adapt, name)]));
}
