import { Command } from 'commander';
import type { ApiTokenJson } from '../../../contract/api-tokens.js';
import type { CommandIo } from '../../io.js';
import { formatAge } from '../../terminal/duration.js';
import { formatTable } from '../../terminal/table.js';
import { account } from './account.js';
import { addTokenOptions, type TokenOptions, withTokens } from './tokens.js';

/** `jamdev token list`: the tokens of an account, or of all, without their secrets. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .description('list tokens, including revoked ones; only their ids can be shown')
    .argument('[account]', 'the name of the account (default: all)', account)
    .action(async (name: string | undefined, options: TokenOptions) => {
      const found = await withTokens(options, io, (tokens) => tokens.list(name));
      if (options.json) return io.json(found);
      if (found.length === 0) {
        return io.out(`There are no tokens. Create one with: npx jamdev token create ${name ?? 'ACCOUNT'}`);
      }
      const headings = ['ID', 'ACCOUNT', 'SCOPES', 'AGE', 'LAST USED', 'STATUS'];
      for (const line of formatTable(headings, found.map(toRow))) io.out(line);
    });
  return addTokenOptions(command);
}

function toRow({ id, account: owner, scopes, created_at, last_used_at, revoked_at }: ApiTokenJson): string[] {
  const lastUse = last_used_at === null ? 'never' : `${age(last_used_at)} ago`;
  return [id, owner, scopes.join(','), age(created_at), lastUse, revoked_at === null ? 'active' : 'revoked'];
}

function age(time: string): string {
  return formatAge(Date.now() - Date.parse(time));
}
