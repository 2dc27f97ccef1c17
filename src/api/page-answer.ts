import { z } from 'zod';
import { type Answer, HTML_TYPE } from './answer.js';

/**
 * Describes an answer with a page, or with JSON for programs, which the handler writes. @param statuses of the answer
 */
export function html(statuses: number[], jsonSchema: z.ZodType): Answer<void> {
  return { contentType: HTML_TYPE, statuses, schema: z.string(), jsonSchema };
}
