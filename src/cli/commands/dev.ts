import { Command, Option } from 'commander';
import type { DevFlags } from '../../config/dev-flags.js';
import type { CommandIo } from '../io.js';
import { addExamples, environment, port } from '../option-values.js';

interface DevOptions extends Omit<DevFlags, 'folder'> {
  json?: boolean;
}

/** `jamdev dev`: the dev server itself. */
export function devCommand(io: CommandIo): Command {
  const command = new Command('dev')
    .description('start the dev server: API, proxy, and backends on request')
    .argument('[folder]', 'the project folder', '.')
    .option('--command <command>', 'how to start a backend (default: from the config, or the start script)')
    .option('--build <command>', 'run before the first backend and on every rebuild')
    .option('-e, --env <NAME=value>', 'a variable for every backend (repeatable)', environment)
    .option('--env-file <file>', 'a file with such variables (repeatable; default: .env, if there is one)', collect)
    .option('-p, --port <port>', 'port of the API (default: 8080)', port('-p/--port'))
    .option('--proxy-port <port>', 'port of the proxy (default: 9090)', port('--proxy-port'))
    .option('--host <host>', 'listen on this host instead of loopback only')
    .option('--config <file>', 'the config file (default: jamsocket.config.json or jamdev.config.json)')
    .option('--no-remap-8080', "leave a Node.js backend's listen(8080) as it is")
    .option('-w, --watch <path>', 'a file or folder to watch (repeatable; default: the project)', collect)
    .option('--no-watch', 'do not rebuild on changes')
    .addOption(
      new Option('--on-change <what>', 'what a good build means for running backends (default: terminate)').choices([
        'terminate',
        'restart',
        'keep',
      ]),
    )
    .addOption(new Option('--runtime <kind>', 'how backends run').choices(['docker', 'process']))
    .option('-f, --dockerfile <file>', 'the Dockerfile to build backends from')
    .option('-c, --context <folder>', 'the build context (default: the project folder)')
    .option('-n, --docker-network <name>', 'the Docker network that backends join')
    .option('--platform <platform>', 'build images for this platform (default: linux/amd64; native: as this machine)')
    .option('-s, --use-static-token', 'one token per backend (not in this version)')
    .option('-i, --interactive', 'listen for keys in a terminal (default)')
    .option('--no-interactive', 'do not listen for keys')
    .option('--no-style-log-output', "show backends' output without its colours")
    .option('--json', 'print what happens as JSON, one event a line')
    .action(async (folder: string, options: DevOptions, self: Command) => {
      // Loaded here, so that no other command pays for the dev server.
      const { runDev } = await import('../run-dev.js');
      await runDev({ ...givenOnly(options, self), folder }, { json: options.json ?? false }, io);
    });
  return addExamples(command, [
    ['jamdev dev', 'what jamsocket.config.json or the start script says'],
    ['jamdev dev --command "node server.js"', 'one command, no config needed'],
    ['jamdev dev app --port 0 --proxy-port 0', 'the project in app, on any free ports'],
  ]);
}

/** Negatable options have a default in commander; only what was typed may win over the config file. */
function givenOnly(options: DevOptions, command: Command): DevFlags {
  const typed = Object.entries(options).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(typed);
}

function collect(value: string, before: string[] | boolean | undefined): string[] {
  return [...(Array.isArray(before) ? before : []), value];
}
