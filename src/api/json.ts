import type { Response } from 'express';

/**
 * Answers with JSON. The content type is exactly `application/json`: the official command line client compares the
 * string, and Express would add a charset.
 */
export function sendJson(response: Response, body: unknown, status = 200): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
