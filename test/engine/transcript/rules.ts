import { createHash } from 'node:crypto';
import type { Names } from './names.js';

/** Parts that are random in a run, or that identify which system answered. */
export interface RuleContext {
  names: Names;
  proxyPort: number;
}

interface Rule {
  why: string;
  /** @param text any text of a transcript: a header line, a body, a status */
  apply(text: string, context: RuleContext): string;
}

/** Longer texts are replaced by their length and a hash. */
const MAX_TEXT = 300;

/** The only normalizations of transcripts before they are compared. */
export const RULES = {
  names: {
    why: 'Backend ids, tokens and secrets are random. They are numbered in the order in which they came up.',
    apply: (text, { names }) => names.replaceIn(text),
  },
  port: {
    why: 'The port of the proxy is any free one.',
    apply: (text, { proxyPort }) => text.replaceAll(`localhost:${proxyPort}`, 'localhost:<port>'),
  },
  date: {
    why: 'The time of an answer.',
    apply: (text) => text.replace(/^(date: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/i, '$1<date>'),
  },
  server: {
    why: 'Each names itself and its version.',
    apply: (text) => text.replace(/^(server: )(Plane|jamdev)\/[\w.-]+$/i, '$1<proxy>'),
  },
  fencing: {
    why: 'Fencing tokens only have to grow.',
    apply: (text) => text.replace(/^(SESSION_BACKEND_FENCING_TOKEN=)\d+$/, '$1<number>'),
  },
  long: {
    why: 'Long texts would bury the rest; the hash still tells every difference.',
    apply: (text) => {
      // Names of headers are case-insensitive, so only the value is hashed.
      const [, name = '', value = text] = /^([\w-]+: )(.*)$/s.exec(text) ?? [];
      if (value.length <= MAX_TEXT) return text;
      const hash = createHash('sha256').update(value).digest('hex').slice(0, 12);
      return `${name}${value.slice(0, 40)}... (${value.length} characters, ${hash})`;
    },
  },
} satisfies Record<string, Rule>;

/** Applies all rules, in order, to every text in a transcript. */
export function normalize<T>(value: T, context: RuleContext): T {
  if (typeof value === 'string') {
    let text: string = value;
    for (const rule of Object.values<Rule>(RULES)) text = rule.apply(text, context);
    return text as T;
  }
  if (Array.isArray(value)) return value.map((each) => normalize(each, context)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([name, each]) => [name, normalize(each, context)])) as T;
}
