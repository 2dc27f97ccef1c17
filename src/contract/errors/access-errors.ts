import { JamdevError } from './jamdev-error.js';
import { quote } from './quote.js';

/** Errors for requests to `jamdev serve` that are not allowed. */
export const accessErrors = {
  apiTokenMissing: () =>
    new JamdevError(
      'Unauthorized',
      'The request has no API token.',
      'Send "Authorization: Bearer TOKEN". To create a token: npx jamdev token create ACCOUNT',
    ),
  apiTokenWrong: () =>
    new JamdevError(
      'Unauthorized',
      'The API token is unknown or revoked.',
      'To create a new one: npx jamdev token create ACCOUNT',
    ),
  loginNeedsToken: () =>
    new JamdevError(
      'CloudOnly',
      'Login through the browser needs the hosted platform.',
      'Ask for an API token (npx jamdev token create ACCOUNT), then: jamsocket login --token TOKEN',
    ),
  tooManyAttempts: (seconds: number) =>
    new JamdevError(
      'TooManyAttempts',
      'This address sent too many requests with a wrong API token.',
      `Try again in ${seconds} s.`,
    ),
  otherAccount: (asked: string, own: string) =>
    new JamdevError(
      'AccountNotAllowed',
      `The API token is for the account ${quote(own)}, not ${quote(asked)}.`,
      'Use the account of the token in the path, or a token of that account.',
    ),
  notAnOperator: (account: string) =>
    new JamdevError(
      'AccountNotAllowed',
      `The account ${quote(account)} does not operate this cluster: the API token can't read or change what all accounts share.`,
      'Use a token of an account in "serve.operators".',
    ),
  scopeMissing: (scope: string) =>
    new JamdevError(
      'ScopeMissing',
      `The API token does not allow this: it lacks the scope ${quote(scope)}.`,
      `To create a token with it: npx jamdev token create ACCOUNT --scopes ${scope}`,
    ),
};
