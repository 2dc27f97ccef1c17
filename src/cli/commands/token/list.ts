import { Command } from 'commander';
import type { TokenInfo } from '../../../store/api-tokens.js';
import type { CommandIo } from '../../io.js';
import { formatAge } from '../../terminal/duration.js';
import { formatTable } from '../../terminal/table.js';
import { account } from './account.js';
import { addDatabaseOptions, type DatabaseOptions, withStore } from './database.js';

/** `jamdev token list`: the tokens of an account, or of all, without their secrets. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .description('list tokens, revoked ones too; only their ids can be shown')
    .argument('[account]', 'the name of the account (default: all)', account)
    .action(async (name: string | undefined, options: DatabaseOptions) => {
      const { listTokens } = await import('../../../store/api-tokens.js');
      const tokens = await withStore(options, io, (store) => listTokens(store, name));
      if (options.json) return io.json(tokens.map(toJson));
      if (tokens.length === 0) {
        return io.out(`There are no tokens. Create one with: npx jamdev token create ${name ?? 'ACCOUNT'}`);
      }
      const headings = ['ID', 'ACCOUNT', 'SCOPES', 'AGE', 'LAST USED', 'STATUS'];
      for (const line of formatTable(headings, tokens.map(toRow))) io.out(line);
    });
  return addDatabaseOptions(command);
}

function toRow({ id, account: owner, scopes, createdAt, lastUsedAt, revokedAt }: TokenInfo): string[] {
  const lastUse = lastUsedAt === null ? 'never' : `${age(lastUsedAt)} ago`;
  return [id, owner, scopes.join(','), age(createdAt), lastUse, revokedAt === null ? 'active' : 'revoked'];
}

function age(time: Date): string {
  return formatAge(Date.now() - time.getTime());
}

function toJson({ id, account: owner, scopes, createdAt, lastUsedAt, revokedAt }: TokenInfo): object {
  return { id, account: owner, scopes, created_at: createdAt, last_used_at: lastUsedAt, revoked_at: revokedAt };
}
