import { Command } from 'commander';
import type { DevBackend } from '../../contract/dev-endpoints.js';
import type { PublicStatus } from '../../contract/status.js';
import { describeStatus, type StatusDetails } from '../../contract/status-words.js';
import { noteHandled } from '../../os/debug/debug-log.js';
import type { ApiClient } from '../client/api-client.js';
import { findServer } from '../client/find-server.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addExamples, type ClientOptions } from '../option-values.js';
import { describePhases, type PhaseStart } from '../terminal/phases.js';

/** `jamdev status`: the status of one backend, once or as it changes. */
export function statusCommand(io: CommandIo): Command {
  const command = new Command('status')
    .argument('<backend or key>', 'a backend’s id, its key, or SERVICE/KEY')
    .option('-w, --watch', 'print all statuses so far, then each new one until the backend has ended')
    .action(async (name: string, options: ClientOptions & { watch?: boolean }) => {
      const client = await findServer(options, io.signal);
      const { id } = await client.findBackend(name);
      const print = (status: PublicStatus) => io.json(status);
      if (options.json && !options.watch) return print(await client.status(id));
      if (!options.watch) return io.out(await describeNow(client, id));
      if (options.json) for await (const status of client.statuses(id)) print(status);
      else for await (const line of describeAll(client, id)) io.out(line);
    });
  return addExamples(addClientOptions(command), [
    ['jamdev status doc-1', 'show the backend that holds the key doc-1'],
    ['jamdev status doc-1 --watch', 'show every change until it has ended'],
  ]);
}

/** Prints the current status, the time it took to become ready and, after the end, the exit code. */
async function describeNow(client: ApiClient, id: string): Promise<string> {
  const status = await client.status(id);
  const { statuses } = await client.info(id);
  const details = await detailsOf(client, id);
  const history = statuses.map(({ status, time }) => ({ status, time: new Date(time) }));
  const phases = describePhases(history, details.start);
  const text = describeStatus(status, details);
  const ready = phases === undefined ? '' : status.status === 'ready' ? ` (${phases})` : `, ready after ${phases}`;
  const replaced = status.status === 'ready' && details.explanation != null ? `, ${details.explanation}` : '';
  return `${status.time}  ${text}${ready}${replaced}`;
}

/** Prints a line for every status so far, and for each new one. */
async function* describeAll(client: ApiClient, id: string): AsyncGenerator<string> {
  const history: PhaseStart[] = [];
  for await (const status of client.statuses(id)) {
    history.push({ status: status.status, time: new Date(status.time) });
    const isReady = status.status === 'ready';
    const needsDetails = isReady || 'termination_reason' in status || status.status === 'terminated';
    const details = needsDetails ? await detailsOf(client, id) : {};
    const phases = isReady ? ` (${describePhases(history, details.start)})` : '';
    yield `${status.time}  ${describeStatus(status, details)}${phases}`;
  }
}

/** Returns an empty object if a stopping dev server no longer answers. */
async function detailsOf(client: ApiClient, id: string): Promise<StatusDetails & Pick<DevBackend, 'start'>> {
  try {
    const [{ statuses }, backends] = await Promise.all([client.info(id), client.backends()]);
    const last = statuses.at(-1);
    const listed = backends.find((each) => each.id === id);
    return {
      exitCode: last?.exit_code,
      lastStatus: last?.last_status,
      explanation: listed?.explanation,
      start: listed?.start,
    };
  } catch (error) {
    noteHandled('cli', 'asking for details of the backend', error);
    return {};
  }
}
