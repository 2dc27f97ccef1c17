import { ACCOUNT_NAME } from '../../../contract/accounts.js';
import { accountErrors } from '../../../contract/errors/account-errors.js';

/** Parses an argument as the name of an account. @throws JamdevError `Usage` */
export function account(text: string): string {
  if (!ACCOUNT_NAME.test(text)) throw accountErrors.accountNameInvalid(text);
  return text;
}
