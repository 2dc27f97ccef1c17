import type { JamdevError } from '../../../contract/errors/jamdev-error.js';

/** `failure`: `jamdev dev` does not work here as it is. `warning`: it does, but not all of it, or not for long. */
export type Grade = 'ok' | 'warning' | 'failure';

/** What one check found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  status: Grade;
  text: string;
  /** What to do; '' when there is nothing to do. */
  remedy: string;
}

export function fine(check: string, text: string): Finding {
  return { check, status: 'ok', text, remedy: '' };
}

/** @returns a finding in the words of an error */
export function trouble(check: string, status: 'warning' | 'failure', { message, remedy }: JamdevError): Finding {
  return { check, status, text: message, remedy };
}
