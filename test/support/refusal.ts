import { expect } from 'vitest';
import type { Answer } from './http.js';

/** Expects an answer to be exactly an error in the platform's shape, with any id. */
export function expectRefusal(answer: Answer, status: number, code: string, message: string | RegExp): void {
  expect(answer.headers['content-type']).toBe('application/json');
  expect({ status: answer.status, ...answer.json() }).toEqual({
    status,
    error: {
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      status,
      code,
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
    },
  });
}
