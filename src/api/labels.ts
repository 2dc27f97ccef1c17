import type { Request } from 'express';

/** The account is a label that separates nothing locally; this one is shown where none is known. */
const LOCAL_ACCOUNT = 'local';
/** By which the official libraries' dev mode calls the account. */
const ANY_ACCOUNT = '-';

/** The account of a request to a dev server: the one in the request's path, if it names one. */
export function labelOf({ params }: Pick<Request, 'params'>): string {
  const { account = ANY_ACCOUNT } = params;
  return account === ANY_ACCOUNT || typeof account !== 'string' ? LOCAL_ACCOUNT : account;
}
