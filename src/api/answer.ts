import type { z } from 'zod';

export const JSON_TYPE = 'application/json';
/** The content type as it is sent. OpenAPI accepts it as well. */
export const HTML_TYPE = 'text/html; charset=utf-8';

/** The answer of an endpoint to a successful request. */
export interface Answer<Result> {
  readonly contentType: string;
  readonly statuses: readonly number[];
  /** The schema of the whole answer, or of each part of a stream. */
  readonly schema: z.ZodType;
  /** For a page: the schema of the JSON that programs get instead. */
  readonly jsonSchema?: z.ZodType;
  /**
   * The type of the handler's result: the JSON value, or nothing if the handler writes the answer itself. Never set.
   */
  readonly result?: Result;
}

/** Describes an answer with one JSON value, which the handler returns. */
export function json<Result>(schema: z.ZodType<Result>): Answer<Result> {
  return { contentType: JSON_TYPE, statuses: [200], schema };
}

/** Describes a refusal with one JSON value, which the handler returns. */
export function refusal<Result>(status: number, schema: z.ZodType<Result>): Answer<Result> {
  return { contentType: JSON_TYPE, statuses: [status], schema };
}

/**
 * Describes an answer with server-sent events, which the handler writes. @param schema of the data after each `data:`
 */
export function events(schema: z.ZodType): Answer<void> {
  return { contentType: 'text/event-stream', statuses: [200], schema };
}

/** Describes an answer with lines of JSON, which the handler writes. @param schema of each line */
export function jsonLines(schema: z.ZodType): Answer<void> {
  return { contentType: 'application/x-ndjson', statuses: [200], schema };
}
