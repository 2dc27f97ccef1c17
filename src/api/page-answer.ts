import { z } from 'zod';
import { type Answer, HTML_TYPE } from './answer.js';

/** A page, or JSON for programs, which the handler writes. @param statuses that it can have */
export function html(statuses: number[], jsonSchema: z.ZodType): Answer<void> {
  return { contentType: HTML_TYPE, statuses, schema: z.string(), jsonSchema };
}
