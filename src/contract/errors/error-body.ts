import type { JamdevError } from './jamdev-error.js';

/** The wire shape of an error (platform contract, "HTTP API"). The dev server's output contains the same `id`. */
export interface ErrorBody {
  error: { message: string; status: number; code: string; id: string };
}

/** @returns the JSON body of an error answer. */
export function errorBody(error: JamdevError, id: string): ErrorBody {
  return { error: { message: error.sentence, status: error.status, code: error.code, id } };
}
