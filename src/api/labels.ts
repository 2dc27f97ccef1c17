import type { Request } from 'express';
import type { Caller } from '../platform/control-plane.js';

/** The account is a label that separates nothing locally; this one is shown where none is known. */
const LOCAL_ACCOUNT = 'local';
/** By which the official libraries' dev mode calls the account. */
const ANY_ACCOUNT = '-';

/** Who sends a request to a dev server, which takes every caller: the account in the request's path, if it names one. */
export async function labelledCaller({ params }: Pick<Request, 'params'>): Promise<Caller> {
  const { account = ANY_ACCOUNT } = params;
  return { account: account === ANY_ACCOUNT || typeof account !== 'string' ? LOCAL_ACCOUNT : account, actor: 'local' };
}
