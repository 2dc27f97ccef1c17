import type { Response } from 'express';

/**
 * Answers with JSON. The content type is exactly `application/json`, because the official command-line client compares
 * the string; Express would add a charset.
 */
export function sendJson(response: Response, body: unknown, status = 200): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  const text = JSON.stringify(body);
  // Set here so that HEAD gets the header as well.
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
