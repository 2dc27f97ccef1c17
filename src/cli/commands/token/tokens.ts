import { type Command, Option } from 'commander';
import type { Scope } from '../../../contract/accounts.js';
import {
  type ApiTokenJson,
  createdTokenSchema,
  revokedTokensSchema,
  tokenListSchema,
  toTokenJson,
} from '../../../contract/api-tokens.js';
import { usageError } from '../../../contract/errors/usage-error.js';
import { findApiToken } from '../../client/api-token.js';
import { ServeClient } from '../../client/serve-client.js';
import type { CommandIo } from '../../io.js';
import { addDatabaseOptions, type DatabaseOptions, operator, withStore } from './database.js';

/** Access to API tokens, through the API or the database. */
export interface Tokens {
  create(account: string, scopes: readonly Scope[]): Promise<string>;
  /** @param account undefined for all accounts */
  list(account: string | undefined): Promise<ApiTokenJson[]>;
  /** @param ids undefined for all tokens of the account */
  revoke(account: string, ids: readonly string[] | undefined): Promise<string[]>;
}

/** Options of commands that work on tokens. */
export interface TokenOptions extends DatabaseOptions {
  api?: string;
}

/** Adds the options of commands that work on tokens. */
export function addTokenOptions(command: Command): Command {
  const option = new Option(
    '--api <url>',
    'use a running jamdev serve, with the token in JAMDEV_TOKEN, instead of the database',
  );
  return addDatabaseOptions(command).addOption(option.conflicts('database'));
}

/** Runs an action on the tokens of the API in `--api`, or of the database. */
export async function withTokens<T>(
  options: TokenOptions,
  io: CommandIo,
  work: (tokens: Tokens) => Promise<T>,
): Promise<T> {
  if (options.api !== undefined) {
    return work(remoteTokens(new ServeClient(options.api, await findApiToken(process.env), io.signal)));
  }
  const { createToken, listTokens, revokeTokens } = await import('../../../store/api-tokens.js');
  return withStore(options, io, (store) =>
    work({
      create: (account, scopes) => createToken(store, { account, scopes, actor: operator() }),
      list: async (account) => (await listTokens(store, account)).map(toTokenJson),
      revoke: (account, ids) => revokeTokens(store, { account, ids, actor: operator() }),
    }),
  );
}

function remoteTokens(client: ServeClient): Tokens {
  return {
    async create(account, scopes) {
      return (await client.send('POST', `/v2/account/${account}/token`, createdTokenSchema, { scopes })).token;
    },
    async list(account) {
      if (account === undefined) {
        throw usageError(
          'With --api, an account is required.',
          'Tokens of all accounts can only be listed from the database.',
        );
      }
      return (await client.send('GET', `/v2/account/${account}/tokens`, tokenListSchema)).tokens;
    },
    async revoke(account, ids) {
      return (await client.send('POST', `/v2/account/${account}/tokens/revoke`, revokedTokensSchema, { ids })).revoked;
    },
  };
}
