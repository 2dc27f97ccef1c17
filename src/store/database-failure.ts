import pg from 'pg';
import { noteHandled } from '../os/debug/debug-log.js';
import { storeErrors } from './store-errors.js';

/** Reasons for a failed login by SQLSTATE, worded so that strangers learn nothing from them. */
const REFUSALS: Record<string, string> = {
  '28P01': 'the password is wrong',
  '28000': 'the role does not exist, or may not log in from here',
  '3D000': 'there is no database of that name',
  '42501': 'the role lacks a privilege; it must own the database or have CREATE on it',
};
/** SQLSTATEs of exhausted resources. */
const SHORTAGES: Record<string, string> = {
  '53100': 'disk full',
  '53200': 'out of memory',
  '53300': 'too many connections',
};
/** SQLSTATEs of the database's timeouts for a statement, a lock, and an idle transaction. */
const TIMEOUTS = ['57014', '55P03', '25P03'];
/** Messages of pg's own timeouts, which have no code. */
const OWN_TIMEOUT =
  /^(Query read timeout|timeout exceeded when trying to connect|Connection terminated due to connection timeout)/;

/**
 * Converts an error of the client library: to a JamdevError if the cause is the database or the connection; otherwise
 * returns the error itself, which is a fault of the query.
 * @param deadlineMs how long the query was allowed to take
 */
export function explainFailure(error: unknown, deadlineMs: number): unknown {
  const explained = explain(error, deadlineMs);
  if (explained !== undefined) noteHandled('store', 'asking the database', error);
  return explained ?? error;
}

function explain(error: unknown, deadlineMs: number): Error | undefined {
  if (error instanceof pg.DatabaseError) return explainAnswer(error.code ?? '', deadlineMs);
  // The library throws these for parameters that can't be sent.
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return undefined;
  if (OWN_TIMEOUT.test(error.message)) return storeErrors.slow(deadlineMs / 1000);
  if (error.message.startsWith('SASL')) return storeErrors.refused('it asks for a password in another way');
  const detail = (error as NodeJS.ErrnoException).code ?? error.message;
  if (/SSL|TLS|CERT|ISSUER/.test(detail)) return storeErrors.refused(`no TLS connection can be made (${detail})`);
  return storeErrors.unavailable(detail);
}

function explainAnswer(state: string, deadlineMs: number): Error | undefined {
  const refusal = REFUSALS[state];
  if (refusal !== undefined) return storeErrors.refused(refusal);
  if (state.startsWith('53')) return storeErrors.full(SHORTAGES[state] ?? state);
  if (TIMEOUTS.includes(state)) return storeErrors.slow(deadlineMs / 1000);
  if (state === '25006') return storeErrors.readOnly('it is a standby, or set to read only');
  // Connection exceptions, operator interventions such as a restart, and system errors.
  if (/^(08|57P|58)/.test(state)) return storeErrors.unavailable(state);
  return undefined;
}

/** Whether a connection can be used after an error: if the database answered, it is still listening. */
export function keepsConnection(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}
