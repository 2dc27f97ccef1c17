import { JamdevError } from '../../../contract/errors/jamdev-error.js';

/** @returns the error for a session that ended while `spawn` or `connect` was waiting for it */
export function neverReady(id: string, why: string, lastLines: string[]): JamdevError {
  return new JamdevError(
    'BackendEnded',
    `The backend "${id}" did not become ready: ${why}.${lastLines.length > 0 ? `\nIts last lines:\n${lastLines.join('\n')}\n` : ''}`,
    `Full log: npx jamdev logs ${id}`,
  );
}
