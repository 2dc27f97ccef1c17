import { Command } from 'commander';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { usageError } from '../../contract/errors/usage-error.js';
import type { ApiClient } from '../client/api-client.js';
import { clientErrors } from '../client/client-errors.js';
import { askEverywhere, isRunning, pickBackend } from '../client/everywhere.js';
import { findServer } from '../client/find-server.js';
import { devClient } from '../client/greet-server.js';
import type { CommandIo } from '../io.js';
import { addClientOptions, addEverywhereOption, addExamples, type ClientOptions } from '../option-values.js';
import { reportError } from '../report-error.js';
import { fromHome } from '../terminal/project-names.js';

interface TerminateOptions extends ClientOptions {
  all?: boolean;
  force?: boolean;
  everywhere?: boolean;
}

/** A backend to end, and its dev server. */
interface Target {
  id: string;
  key: string;
  /** The project of the dev server, if several dev servers are involved. */
  project?: string;
  client: ApiClient;
}

/** The backends of one dev server, or of all. */
interface Scope {
  /** Returns the ids of the running backends. */
  running: readonly string[];
  /** @throws JamdevError if there is no such backend, or more than one */
  find(name: string): Promise<Target>;
}

/** `jamdev terminate`: ends backends, gently or by force. */
export function terminateCommand(io: CommandIo): Command {
  const command = new Command('terminate')
    .argument('[backend or key...]', 'ids of backends, keys, or SERVICE/KEY')
    .option('--all', 'every running backend')
    .option('-f, --force', 'SIGKILL at once')
    .action(async (names: string[], options: TerminateOptions) => {
      if ((names.length === 0) === !options.all) {
        throw usageError('Pass either the backends to end, or --all.', 'For example: npx jamdev terminate doc-1');
      }
      await terminate(names, options, io);
    });
  return addExamples(addEverywhereOption(addClientOptions(command)), [
    ['jamdev terminate doc-1', 'end the backend that holds the key doc-1'],
    ['jamdev terminate doc-1 doc-2 --force', 'kill two backends at once'],
    ['jamdev terminate --all', 'end every running backend'],
    ['jamdev terminate --all --everywhere', 'also end those of all other projects'],
  ]);
}

async function terminate(names: string[], options: TerminateOptions, io: CommandIo): Promise<void> {
  const scope = options.everywhere ? await everywhere(options, io) : await here(options, io);
  const targets = options.all ? scope.running : names;
  if (targets.length === 0 && !options.json) io.out('No backends are running.');
  for (const name of targets) {
    try {
      const target = await scope.find(name);
      await target.client.terminate(target.id, options.force ?? false);
      if (options.json) io.json(toJson(target));
      else io.out(describe(target));
    } catch (error) {
      if (!(error instanceof JamdevError)) throw error;
      // If one backend can't be ended, the others still are.
      io.fail();
      if (options.json)
        io.stdout.jsonWithHints({ backend: name, status: 'error', code: error.code, message: error.sentence });
      else reportError(error, io.stderr, false);
    }
  }
}

async function here(options: TerminateOptions, io: CommandIo): Promise<Scope> {
  const client = await findServer(options, io.signal);
  const running = (await client.backends()).filter(({ status }) => status.status !== 'terminated');
  return {
    running: running.map(({ id }) => id),
    find: async (name) => {
      const { id, key } = await client.findBackend(name);
      return { id, key, client };
    },
  };
}

async function everywhere(options: TerminateOptions, io: CommandIo): Promise<Scope> {
  const { servers, backends, someAreSilent } = await askEverywhere(io);
  if (servers.length === 0 && (someAreSilent || !options.all)) throw clientErrors.noDevServerAnywhere(someAreSilent);
  return {
    running: backends.filter(isRunning).map(({ backend }) => backend.id),
    find: async (name) => {
      const { server, backend } = pickBackend(name, backends);
      const client = devClient(server.apiUrl, io.signal);
      return { id: backend.id, key: backend.key, project: server.project, client };
    },
  };
}

function toJson({ id, key, project }: Target): object {
  return { backend: id, key, ...(project === undefined ? {} : { project }), status: 'ok' };
}

function describe({ id, key, project }: Target): string {
  const where = project === undefined ? '' : `, in ${fromHome(project)}`;
  return `Ending ${id} (key ${key}${where}).`;
}
