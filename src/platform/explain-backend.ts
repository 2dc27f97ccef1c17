import { stripVTControlCharacters } from 'node:util';
import { withoutTokens } from '../contract/connection-token.js';
import { backendErrors } from '../contract/errors/backend-errors.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { describeOwnEnd, describeReason } from '../contract/status-words.js';
import type { Backend } from './backend.js';

/**
 * Makes the error for a request to a backend that has ended or is ending: when, why, and its last lines.
 * @param tellOutput whether the client may see the backend's output
 */
export function explainEnd(backend: Backend, tellOutput: boolean): JamdevError {
  return backendErrors.backendEnded(backend.id, howItEnded(backend), tellOutput ? shownLines(backend) : []);
}

/**
 * Returns the last lines of a backend's output and jamdev's last remark about it, as plain text for any reader: without
 * escape sequences, and without connection tokens, which may belong to other users.
 */
export function shownLines({ log }: Backend): string[] {
  const remark = log.lastRemark?.split('\n').map((line) => `jamdev: ${line}`) ?? [];
  return [...log.lastLines, ...remark].map((line) =>
    withoutTokens(stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, '')),
  );
}

function howItEnded({ state, explanation }: Backend): string {
  if (state.status !== 'terminated') return 'it is ending';
  const at = `at ${state.time.toISOString()}`;
  if (state.reason !== undefined) return `${describeReason(state.reason, explanation)}, ${at}`;
  return `${describeOwnEnd(state.exitCode !== 0, state)}, ${at}`;
}
