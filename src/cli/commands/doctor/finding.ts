import type { JamdevError } from '../../../contract/errors/jamdev-error.js';

/** `failure`: `jamdev dev` does not work here. `warning`: it works, but with limitations, or not for long. */
export type Grade = 'ok' | 'warning' | 'failure';

/** The result of one check. */
export interface Finding {
  /** The subject of the check in one or two words. */
  check: string;
  status: Grade;
  text: string;
  /** The next step; '' if there is none. */
  remedy: string;
}

export function fine(check: string, text: string): Finding {
  return { check, status: 'ok', text, remedy: '' };
}

/** Makes a finding from an error. */
export function trouble(check: string, status: 'warning' | 'failure', { message, remedy }: JamdevError): Finding {
  return { check, status, text: message, remedy };
}
