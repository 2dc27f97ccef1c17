import { Command } from 'commander';
import type { DevBackend } from '../../contract/dev-endpoints.js';
import { askEverywhere } from '../client/everywhere.js';
import { findDevServer } from '../client/find-dev-server.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addEverywhereOption, addExamples, type ClientOptions } from '../option-values.js';
import { cleanText } from '../terminal/clean.js';
import { formatAge } from '../terminal/duration.js';
import { fromHome } from '../terminal/project-names.js';
import { formatSize } from '../terminal/size.js';
import { formatTable } from '../terminal/table.js';

interface ListOptions extends ClientOptions {
  all?: boolean;
  everywhere?: boolean;
}

/** `jamdev list`: the backends of the dev server. */
export function listCommand(io: CommandIo): Command {
  const command = new Command('list')
    .description('list running backends')
    .option('-a, --all', 'include backends that have ended')
    .action(async (options: ListOptions) => {
      if (options.everywhere) return listEverywhere(options, io);
      const client = await findDevServer(options, io.signal);
      const [backends, info] = await Promise.all([client.backends(), client.serverInfo()]);
      const shown = chosen(backends, options);
      if (options.json) return io.json(shown);
      if (shown.length === 0) io.out('No backends are running. Start one with: npx jamdev spawn --key doc-1');
      else await printTable(HEADINGS, shown.map(toRow), io);
      // A dev server of an earlier version does not say.
      if (info.state_folder !== undefined) io.out(`State folder: ${fromHome(info.state_folder)}`);
    });
  return addExamples(addEverywhereOption(addClientOptions(command)), [
    ['jamdev list', 'what runs now'],
    ['jamdev list --everywhere', 'in all projects'],
    ['jamdev list --all --json', 'all since the dev server started, for a script'],
  ]);
}

const HEADINGS = ['ID', 'KEY', 'SERVICE', 'STATUS', 'AGE', 'CONNECTIONS', 'MEMORY'];

async function listEverywhere(options: ListOptions, io: CommandIo): Promise<void> {
  const { servers, backends } = await askEverywhere(io);
  const placed = backends.map(({ server, backend }) => ({
    ...backend,
    project: server.project,
    api_url: server.apiUrl,
  }));
  const shown = chosen(placed, options);
  if (options.json) return io.json(shown);
  if (servers.length === 0) return io.out('No dev servers are running. Start one with: npx jamdev dev');
  if (shown.length === 0) {
    const projects = [...new Set(servers.map(({ project }) => shownProject(project)))];
    return io.out(`No backends are running. There are dev servers for ${projects.join(', ')}`);
  }
  const rows = shown.map((backend) => [...toRow(backend), shownProject(backend.project)]);
  await printTable([...HEADINGS, 'PROJECT'], rows, io);
}

function chosen<T extends DevBackend>(backends: readonly T[], { all }: ListOptions): readonly T[] {
  return all ? backends : backends.filter(({ status }) => status.status !== 'terminated');
}

async function printTable(headings: readonly string[], rows: readonly string[][], io: CommandIo): Promise<void> {
  for (const line of formatTable(headings, rows)) io.out(line);
}

function shownProject(project: string): string {
  return cleanText(fromHome(project));
}

function toRow(backend: DevBackend): string[] {
  const age = formatAge(Date.now() - Date.parse(backend.created_at));
  // A dev server of an earlier version does not say.
  const shownKey = backend.key_given === false ? '-' : backend.key;
  const [key, service] = [shownKey, backend.service].map(cleanText);
  const memory = backend.memory === null ? '-' : formatSize(backend.memory);
  return [backend.id, key ?? '', service ?? '', backend.status.status, age, String(backend.connections), memory];
}
