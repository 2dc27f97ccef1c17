import { Command } from 'commander';
import type { AuditEntry } from '../../store/audit.js';
import type { CommandIo } from '../io.js';
import { addExamples, wholeNumber } from '../option-values.js';
import { cleanText } from '../terminal/clean.js';
import { formatTable } from '../terminal/table.js';
import { account } from './token/account.js';
import { addDatabaseOptions, type DatabaseOptions, withStore } from './token/database.js';

interface AuditOptions extends DatabaseOptions {
  limit: number;
}

/** `jamdev audit`: who deployed, terminated, and created or revoked tokens. */
export function auditCommand(io: CommandIo): Command {
  const command = new Command('audit')
    .argument('[account]', 'the name of the account (default: all)', account)
    .option('--limit <count>', 'the number of latest entries to show', wholeNumber('--limit'), 100)
    .action(async (name: string | undefined, options: AuditOptions) => {
      const { limit } = options;
      const { listAudit } = await import('../../store/audit.js');
      const entries = await withStore(options, io, (store) => listAudit(store, { account: name, limit }));
      if (options.json) return io.json(entries);
      if (entries.length === 0) return io.out('No entries yet.');
      for (const line of formatTable(['TIME', 'ACCOUNT', 'WHO', 'ACTION', 'TARGET'], entries.map(toRow))) io.out(line);
    });
  return addExamples(addDatabaseOptions(command), [
    ['jamdev audit acme', 'the latest entries of the account acme'],
    ['jamdev audit --limit 1000 --json', 'the entries of all accounts, as JSON'],
  ]);
}

function toRow({ time, account: owner, actor, action, target }: AuditEntry): string[] {
  return [time.toISOString(), owner, actor, action, target].map(cleanText);
}
