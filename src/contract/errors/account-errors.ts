import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors about accounts of `jamdev serve` and their API tokens. */
export const accountErrors = {
  accountNameInvalid: (name: string) =>
    new JamdevError(
      'Usage',
      `${quote(name)} is not a valid account name.`,
      'Start with a lowercase letter, then use lowercase letters, digits and hyphens; 63 characters at most.',
    ),
  scopeUnknown: (scope: string, known: readonly string[]) =>
    new JamdevError('Usage', `There is no scope ${quote(scope)}.`, `The scopes are: ${known.join(', ')}.`),
  apiTokenNotFound: (id: string, account: string) =>
    new JamdevError(
      'ApiTokenNotFound',
      `The account "${account}" has no API token ${quote(id)}.`,
      `List its tokens: npx jamdev token list ${account}`,
    ),
};
