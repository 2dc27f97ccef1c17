/** The account is a label that separates nothing locally; this one is shown where none is known. */
export const LOCAL_ACCOUNT = 'local';
export const LOCAL_CLUSTER = 'localhost';

/** By which the official libraries' dev mode calls the account. */
const ANY_ACCOUNT = '-';

/** The account that an answer names: the one in the request's path, if it names one. */
export function accountName(inPath: string): string {
  return inPath === ANY_ACCOUNT ? LOCAL_ACCOUNT : inPath;
}
