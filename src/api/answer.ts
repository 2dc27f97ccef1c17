import type { z } from 'zod';

export const JSON_TYPE = 'application/json';
/** As it is sent; OpenAPI takes it as well. */
export const HTML_TYPE = 'text/html; charset=utf-8';

/** How an endpoint answers when nothing is wrong. */
export interface Answer<Result> {
  readonly contentType: string;
  readonly statuses: readonly number[];
  /** Of what is sent: the whole of it, or of a stream each piece. */
  readonly schema: z.ZodType;
  /** Of a page, in the form for programs, which get that in its place. */
  readonly jsonSchema?: z.ZodType;
  /** What the handler returns: the JSON value, or nothing when it writes the answer itself. Only a type. */
  readonly result?: Result;
}

/** One JSON value, which the handler returns. */
export function json<Result>(schema: z.ZodType<Result>): Answer<Result> {
  return { contentType: JSON_TYPE, statuses: [200], schema };
}

/** One JSON value that says no, which the handler returns. */
export function refusal<Result>(status: number, schema: z.ZodType<Result>): Answer<Result> {
  return { contentType: JSON_TYPE, statuses: [status], schema };
}

/** Server-sent events, which the handler writes. @param schema of what stands behind each `data:` */
export function events(schema: z.ZodType): Answer<void> {
  return { contentType: 'text/event-stream', statuses: [200], schema };
}

/** Lines of JSON, which the handler writes. @param schema of a line */
export function jsonLines(schema: z.ZodType): Answer<void> {
  return { contentType: 'application/x-ndjson', statuses: [200], schema };
}
