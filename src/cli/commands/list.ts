import { Command } from 'commander';
import type { DevBackend } from '../../contract/dev-endpoints.js';
import { findDevServer } from '../api-client.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addExamples, type ClientOptions } from '../option-values.js';
import { cleanForTerminal } from '../terminal/clean.js';
import { formatAge } from '../terminal/duration.js';
import { formatSize } from '../terminal/size.js';
import { formatTable } from '../terminal/table.js';

const HEADINGS = ['ID', 'KEY', 'SERVICE', 'STATUS', 'AGE', 'CONNECTIONS', 'MEMORY'];

/** `jamdev list`: the backends of the dev server. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .description('list running backends')
    .option('-a, --all', 'also those that have ended')
    .action(async (options: ClientOptions & { all?: boolean }) => {
      const backends = await (await findDevServer(options, io.signal)).backends();
      const shown = options.all ? backends : backends.filter(({ status }) => status.status !== 'terminated');
      if (options.json) return io.out(JSON.stringify(shown));
      if (shown.length === 0) return io.out('No backends are running. Start one with: jamdev spawn --key doc-1');
      const rows = shown.map((backend) => toRow(backend, Date.now()));
      for (const line of await formatTable(HEADINGS, rows)) io.out(line);
    });
  return addExamples(addClientOptions(command), [
    ['jamdev list', 'what runs now'],
    ['jamdev list --all --json', 'all since the dev server started, for a script'],
  ]);
}

function toRow(backend: DevBackend, nowMs: number): string[] {
  const age = formatAge(nowMs - Date.parse(backend.created_at));
  const [key, service] = [backend.key, backend.service].map((text) => cleanForTerminal(text, false));
  const memory = backend.memory === null ? '-' : formatSize(backend.memory);
  return [backend.id, key ?? '', service ?? '', backend.status.status, age, String(backend.connections), memory];
}
