import { isUtf8 } from 'node:buffer';
import express from 'express';

/** Bodies are small; more than this is a mistake. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/**
 * Reads a JSON body, whatever its content type: scripts often send JSON without naming it. Cross-site forms are the
 * guard's to stop.
 */
export const readJson = express.json({
  limit: BODY_LIMIT_BYTES,
  type: () => true,
  strict: false,
  // Else what is not UTF-8 would become replacement characters, and two different keys one.
  verify: (_request, _response, body, encoding) => {
    if (encoding === 'utf-8' && !isUtf8(body)) throw new Error('it is not UTF-8');
  },
});
