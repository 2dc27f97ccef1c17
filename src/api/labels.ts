import type { Request } from 'express';
import type { Caller } from '../platform/control-plane.js';

/** The account for requests that do not specify one. Locally, an account is just a label. */
const LOCAL_ACCOUNT = 'local';
/** The name that the official libraries' dev mode uses for the account. */
const ANY_ACCOUNT = '-';

/**
 * Returns the sender of a request to a dev server, which accepts every caller. The account is taken from the path, if
 * it has one.
 */
export async function labelledCaller({ params }: Pick<Request, 'params'>): Promise<Caller> {
  const { account = ANY_ACCOUNT } = params;
  return { account: account === ANY_ACCOUNT || typeof account !== 'string' ? LOCAL_ACCOUNT : account, actor: 'local' };
}
