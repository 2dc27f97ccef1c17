import { JamdevError } from '../contract/errors/jamdev-error.js';
import { quote } from '../contract/errors/quote.js';

/**
 * Errors of the database of `jamdev serve`. API clients see them too, so they include neither its address nor its
 * roles.
 */
export const storeErrors = {
  unavailable: (detail: string) =>
    new JamdevError(
      'DatabaseUnavailable',
      `The database of jamdev serve does not answer (${detail}).`,
      'Running sessions continue. Try again once PostgreSQL is back; no restart is needed.',
    ),
  slow: (seconds: number) =>
    new JamdevError(
      'DatabaseUnavailable',
      `The database of jamdev serve did not answer within ${seconds} s.`,
      'Running sessions continue. Try again. If it keeps happening, check the load, disk and locks of PostgreSQL.',
    ),
  full: (detail: string) =>
    new JamdevError(
      'DatabaseUnavailable',
      `The database of jamdev serve has no room left (${detail}).`,
      'Running sessions continue. Free disk space, memory or connections for PostgreSQL; no restart is needed.',
    ),
  readOnly: (detail: string) =>
    new JamdevError(
      'DatabaseUnavailable',
      `The database of jamdev serve is read-only (${detail}).`,
      'Running sessions continue. Check that the database URL leads to the primary server.',
    ),
  refused: (detail: string) =>
    new JamdevError(
      'DatabaseUnusable',
      `The database of jamdev serve refuses this program: ${detail}.`,
      'Check the role, password, database name and TLS settings in the database URL.',
    ),
  keyBusy: (key: string, seconds: number) =>
    new JamdevError(
      'KeyBusy',
      `Other requests for the key ${quote(key)} did not finish within ${seconds} s.`,
      'Try again.',
    ),
  /** @param unknown the migrations that this version does not know */
  schemaNewer: (unknown: readonly string[], count: number) =>
    new JamdevError(
      'DatabaseUnusable',
      `A newer version of jamdev has changed the database: it has the migration ${unknown.at(-1)}, and this version knows ${count} migrations without it.`,
      'Upgrade this jamdev to the version that the others run.',
    ),
};
