import { Command } from 'commander';
import { usageError } from '../../../contract/errors/usage-error.js';
import type { CommandIo } from '../../io.js';
import { account } from './account.js';
import { addTokenOptions, type TokenOptions, withTokens } from './tokens.js';

interface RevokeOptions extends TokenOptions {
  all?: boolean;
}

/** `jamdev token revoke`: revokes tokens; the next request with one is refused. */
export function revokeCommand(io: CommandIo): Command {
  const command = new Command('revoke')
    .description('revoke tokens: the next request with one is refused')
    .argument('<account>', 'the name of the account', account)
    .argument('[token id...]', 'the ids of the tokens')
    .option('--all', 'every token of the account')
    .action(async (name: string, given: string[], options: RevokeOptions) => {
      if ((given.length === 0) === !options.all) {
        throw usageError(
          'Pass either the ids of the tokens to revoke, or --all.',
          `To list them: npx jamdev token list ${name}`,
        );
      }
      const ids = options.all ? undefined : given.map(idOf);
      const revoked = await withTokens(options, io, (tokens) => tokens.revoke(name, ids));
      if (options.json) return io.json({ revoked });
      if (revoked.length === 0) io.out('They were already revoked.');
      for (const id of revoked) io.out(`Revoked ${id} of account ${name}.`);
    });
  return addTokenOptions(command);
}

/** Returns the id of a token. Also accepts a whole token, such as one that has leaked. */
function idOf(given: string): string {
  return given.split('.')[0] ?? '';
}
