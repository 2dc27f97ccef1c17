import { Command } from 'commander';
import { DEFAULT_SERVICE } from '../../../contract/default-service.js';
import type { LogRecordJson } from '../../../contract/dev-endpoints.js';
import { backendErrors } from '../../../contract/errors/backend-errors.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { LogOwner } from '../../../logs/backend-log.js';
import { readLogs, toLogRecordJson } from '../../../logs/follow.js';
import { crashedLogs, findLogs, type StoredLog } from '../../../logs/log-store.js';
import { listRunningServers } from '../../../records/server-records.js';
import type { LogsQuery } from '../../client/api-client.js';
import { findServer } from '../../client/find-server.js';
import { storedLogs } from '../../client/stored-logs.js';
import type { CommandIo } from '../../io.js';
import {
  addClientOptions,
  addEverywhereOption,
  addExamples,
  type ClientOptions,
  wholeNumber,
} from '../../option-values.js';
import { LineWriter } from '../../terminal/line-writer.js';
import { shortNames } from '../../terminal/project-names.js';
import { compose, Printed, type Text } from '../../terminal/text.js';
import { logsEverywhere } from './logs-everywhere.js';

type ShownRecord = LogRecordJson & { project?: string };

interface LogsOptions extends ClientOptions {
  follow: boolean;
  tail?: number;
  timestamps?: boolean;
  everywhere?: boolean;
  crashed?: boolean;
}

/** `jamdev logs`: the output of running and ended backends. */
export function logsCommand(io: CommandIo): Command {
  const command = new Command('logs')
    .argument(
      '[backend or key]',
      'a backend’s id, key or SERVICE/KEY, also of an earlier dev server (default: all backends)',
    )
    .option('--crashed', 'show backends that crashed, also those of earlier dev servers; does not follow')
    .option('--no-follow', 'print the existing lines and exit')
    .option('-n, --tail <lines>', 'show only this many of the existing lines, the last ones', wholeNumber('-n/--tail'))
    .option('-t, --timestamps', 'show the time before each line')
    .action(async (name: string | undefined, options: LogsOptions) => {
      if (options.everywhere) return printEverywhere(name, options, io);
      const printer = new Printer(options, io);
      const prefix = name === undefined ? (['key'] as const) : [];
      try {
        for await (const line of await findLines(name, options, io)) {
          if (line !== '') printer.print(JSON.parse(line), prefix);
        }
      } finally {
        printer.close();
      }
    });
  return addExamples(addEverywhereOption(addClientOptions(command)), [
    ['jamdev logs', 'follow all backends, until Ctrl-C'],
    ['jamdev logs --everywhere', 'follow all backends of all projects'],
    ['jamdev logs doc-1', 'follow one backend by its key, until it ends'],
    ['jamdev logs doc-1 --no-follow --tail 20', 'print its last 20 lines'],
    ['jamdev logs --crashed', 'print the logs of backends that crashed recently'],
    ['jamdev logs --json', 'print one JSON object per line'],
  ]);
}

/** Prints the logs of all running dev servers; `--tail` applies to each of them separately. */
async function printEverywhere(name: string | undefined, options: LogsOptions, io: CommandIo): Promise<void> {
  const { records, projects } = await logsEverywhere(name, queryOf(options), io);
  const names = shortNames(projects);
  const prefix = [...(names.size > 1 ? (['project'] as const) : []), ...(name === undefined ? (['key'] as const) : [])];
  const printer = new Printer(options, io);
  try {
    for await (const record of records) {
      printer.print(options.json ? record : { ...record, project: names.get(record.project) ?? '' }, prefix);
    }
  } finally {
    printer.close();
  }
}

/** Prints records as they arrive. An unfinished line is shown last until it ends. */
class Printer {
  readonly #options: LogsOptions;
  readonly #io: CommandIo;
  readonly #writer: LineWriter;

  constructor(options: LogsOptions, io: CommandIo) {
    this.#options = options;
    this.#io = io;
    this.#writer = new LineWriter(io.stdout);
  }

  print(record: ShownRecord, owner: readonly ('project' | 'key')[]): void {
    if (this.#options.json) return this.#io.json(record);
    const key = `${record.project ?? ''} ${record.backend} ${record.source}`;
    const line = format(record, owner, this.#options);
    if (record.unfinished && this.#options.follow) this.#writer.unfinished(key, line);
    else this.#writer.writeLines(key, [line]);
  }

  close(): void {
    this.#writer.close();
  }
}

/** Reads from the dev server or, if none is running, from the logs of the last one on disk. */
async function findLines(
  name: string | undefined,
  options: LogsOptions,
  io: CommandIo,
): Promise<AsyncIterable<string>> {
  try {
    const client = await findServer(options, io.signal);
    return client.logs({ ...queryOf(options), ...(name === undefined ? {} : { backend: name }) });
  } catch (error) {
    const logs = error instanceof JamdevError && error.code === 'NoDevServer' ? storedLogs(process.cwd()) : [];
    if (logs.length === 0) throw error;
    io.err('No dev server is running; these are the logs it left.');
    return readStored(logs, name, options, io.signal);
  }
}

function queryOf({ follow, tail, json, crashed = false }: LogsOptions): LogsQuery {
  return { follow: follow && !crashed, crashed, unfinished: !json, ...(tail === undefined ? {} : { tail }) };
}

async function* readStored(
  logs: StoredLog[],
  name: string | undefined,
  { tail, crashed }: LogsOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const chosen = crashed ? crashedLogs(logs, name) : choose(logs, name);
  const runs = new Set((await listRunningServers()).map(({ runId }) => runId));
  const isAbandoned = ({ runId }: LogOwner) => !runs.has(runId);
  const options = { list: () => chosen, follow: false, tail, mayGrow: () => false, isAbandoned };
  for await (const owned of readLogs(options, signal)) yield JSON.stringify(toLogRecordJson(owned));
}

/** Selects one log by name, or the logs of the last dev server. */
function choose(logs: StoredLog[], name: string | undefined): StoredLog[] {
  const lastRun = logs.at(-1)?.owner.runId;
  if (name === undefined) return logs.filter(({ owner }) => owner.runId === lastRun);
  const [one] = findLogs(name, logs, () => false);
  if (one === undefined) throw backendErrors.noLogs(name);
  return [one];
}

/** @param owner the parts of the prefix of each line */
function format(record: ShownRecord, owner: readonly ('project' | 'key')[], options: LogsOptions): Text {
  const time = options.timestamps ? `${record.time} ` : '';
  const names = owner.map((part) => (part === 'key' ? ownerOf(record) : (record.project ?? '')));
  const prefix = names.length > 0 ? `${names.join(' ')} | ` : '';
  const remark = record.source === 'jamdev' ? 'jamdev: ' : '';
  return compose`${time}${prefix}${remark}${new Printed(record.text)}`;
}

/**
 * Returns the key or, if none was given, the id. A named service comes first, because services may use the same key.
 */
function ownerOf({ service, key, key_given: keyGiven, backend }: LogRecordJson): string {
  // Older dev servers do not report whether the key was given.
  const name = keyGiven === false ? backend : key;
  return service === DEFAULT_SERVICE ? name : `${service}/${name}`;
}
