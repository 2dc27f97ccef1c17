import type { Exit } from '../runtime.js';

/** Describes the end of a process, as the predicate of a sentence. */
export function describeEnd({ code, signal }: Exit): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
