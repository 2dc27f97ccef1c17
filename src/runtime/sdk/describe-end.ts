import type { Exit } from '../runtime.js';

/** Describes the end of a process, as the predicate of a sentence. */
export function describeEnd({ code, signal, lost }: Exit): string {
  if (lost) return 'was lost with its engine';
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
