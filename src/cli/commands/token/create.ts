import { Command, Option } from 'commander';
import { SCOPES, type Scope } from '../../../contract/accounts.js';
import { accountErrors } from '../../../contract/errors/account-errors.js';
import type { CommandIo } from '../../io.js';
import { account } from './account.js';
import { addTokenOptions, type TokenOptions, withTokens } from './tokens.js';

const DEFAULT_SCOPES: readonly Scope[] = ['read', 'connect', 'deploy'];

interface CreateOptions extends TokenOptions {
  scopes: readonly Scope[];
}

/** `jamdev token create`: prints a new token, once. */
export function createCommand(io: CommandIo): Command {
  const command = new Command('create')
    .description('create a token, and its account if it does not exist; prints the token once')
    .argument('<account>', 'the name of the account', account)
    .addOption(
      new Option('--scopes <list>', 'what the token may do: read, connect, deploy, admin (includes all)')
        .argParser(scopes)
        .default(DEFAULT_SCOPES, DEFAULT_SCOPES.join(',')),
    )
    .action(async (name: string, options: CreateOptions) => {
      const token = await withTokens(options, io, (tokens) => tokens.create(name, options.scopes));
      if (options.json) return io.json({ token });
      io.out(token);
      io.err(`Created for account ${name} (${options.scopes.join(', ')}). Save it: only its hash is kept.`);
    });
  return addTokenOptions(command);
}

function scopes(text: string): Scope[] {
  const given = text.split(',').map((each) => each.trim());
  const unknown = given.find((each) => !SCOPES.some((scope) => scope === each));
  if (unknown !== undefined) throw accountErrors.scopeUnknown(unknown, SCOPES);
  return SCOPES.filter((scope) => given.includes(scope));
}
