import { Command } from 'commander';
import { readOwnPackage } from '../config/own-package.js';
import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { noteDecision, noteHandled, wantsDebugLog } from '../os/debug/debug-log.js';
import { errorCode } from '../os/error-code.js';
import { watchLaunch } from '../processes/watch-launch.js';
import { cliErrors } from './cli-errors.js';
import { DebugOutput } from './debug-output.js';
import { EXIT_FAILURE, signalExitCode } from './exit-codes.js';
import { PrintedHints } from './hints/printed-hints.js';
import type { CommandIo } from './io.js';
import { refuseJson } from './option-values.js';
import { reportError, usageErrorJson, wantsJson } from './report-error.js';
import { Output } from './terminal/output.js';
import { dim } from './terminal/text.js';

/** How long the end waits for a reader that may have stopped reading. */
const UNREAD_OUTPUT_MS = 1_000;

/** They have their own idea of Ctrl-C; all others just end. */
const OWN_SIGNALS = ['dev', 'exec'];

/** Each in its own file, of which only the one that is called is loaded. */
const COMMANDS: Record<string, () => Promise<(io: CommandIo) => Command>> = {
  init: async () => (await import('./commands/init/init.js')).initCommand,
  dev: async () => (await import('./commands/dev/dev.js')).devCommand,
  exec: async () => (await import('./commands/exec/exec.js')).execCommand,
  spawn: async () => (await import('./commands/connect/spawn.js')).spawnCommand,
  connect: async () => (await import('./commands/connect/connect.js')).connectCommand,
  logs: async () => (await import('./commands/logs/logs.js')).logsCommand,
  list: async () => (await import('./commands/list.js')).listCommand,
  status: async () => (await import('./commands/status.js')).statusCommand,
  terminate: async () => (await import('./commands/terminate.js')).terminateCommand,
  build: async () => (await import('./commands/build.js')).buildCommand,
  deploy: async () => (await import('./commands/deploy/deploy.js')).deployCommand,
  rollback: async () => (await import('./commands/deploy/rollback.js')).rollbackCommand,
  promote: async () => (await import('./commands/deploy/promote.js')).promoteCommand,
  serve: async () => (await import('./commands/serve/serve.js')).serveCommand,
  doctor: async () => (await import('./commands/doctor/doctor.js')).doctorCommand,
  token: async () => (await import('./commands/token/token.js')).tokenCommand,
  drones: async () => (await import('./commands/drones/drones.js')).dronesCommand,
  audit: async () => (await import('./commands/audit.js')).auditCommand,
};

/** Commands that print no JSON, and why. */
const WITHOUT_JSON: Record<string, () => JamdevError> = {
  exec: cliErrors.execWithoutJson,
  completion: cliErrors.completionWithoutJson,
};

/** Called at every press of Tab, and print no hints. */
const COMPLETION = ['complete', 'completion'];

const stdout = new Output(process.stdout);
const stderr = new Output(process.stderr);
const json = wantsJson(process.argv.slice(2));
let exitCode = 0;
let outputLost = false;
let ignoresHangup = false;
let outputMatters = true;
let signalled: 'SIGINT' | 'SIGTERM' | undefined;
const interrupted = new AbortController();
const hints = new PrintedHints([stdout, stderr]);

const io: CommandIo = {
  out: (line) => stdout.line(line),
  err: (line) => stderr.line(line),
  json: (value, indent) => stdout.json(value, indent),
  fail: (code = EXIT_FAILURE) => {
    exitCode = code;
  },
  aimHints: (target) => hints.aim(target),
  leaveOutput: () => {
    outputMatters = false;
  },
  signal: interrupted.signal,
  stdin: process.stdin,
  stdout,
  stderr,
  debug: new DebugOutput((line) => stderr.line(['jamdev: ', dim(line)])),
  get ignoresHangup() {
    return ignoresHangup;
  },
};

// The reader of a pipe may have seen enough, as with `jamdev logs | head`; a terminal may be closed.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || error.code === 'EIO') return interrupted.abort();
  // A full disk, as in `jamdev dev > log`, is no reason to end sessions, and there may be space again later.
  if (outputLost) return;
  outputLost = true;
  io.err(`jamdev: ${cliErrors.outputNotWritten(errorCode(error)).sentence}`);
});
// Node.js ignores it, until execa has listened and stops listening: then a file at its limit would end the program.
process.on('SIGXFSZ', () => undefined);
process.stderr.on('error', () => undefined);
// Node.js would print it as it is, with whatever is in its message.
process.on('uncaughtException', (error) => process.exit(reportError(error, stderr, json)));

if (wantsDebugLog(process.env)) io.debug.start();
void run();

async function run(): Promise<void> {
  try {
    await (await makeProgram(process.argv[2])).parseAsync();
  } catch (error) {
    if (signalled !== undefined) exitCode = signalExitCode(signalled);
    else if (!interrupted.signal.aborted) exitCode = reportError(error, stderr, json);
  }
  if (!outputMatters) setTimeout(end, UNREAD_OUTPUT_MS);
  // Later, because an error of the last write is reported after this callback.
  process.stdout.write('', () => setImmediate(end));
}

/** @param called the first argument; anything but a command's name (none, help, a typo) takes all commands */
async function makeProgram(called: string | undefined): Promise<Command> {
  const program = new Command('jamdev')
    .description('Run one server process per document, room or user on your own machine, reached by key.')
    .version(readOwnPackage().version, '-V, --version')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError(json ? false : '(see: npx jamdev --help)')
    .configureOutput({
      writeOut: (text) => stdout.block(text),
      writeErr: (text) => stderr.block(text),
      outputError: (text, write) => (json ? stderr.json(usageErrorJson(text)) : write(text)),
    })
    // What stands behind the command that exec runs is that command's.
    .enablePositionalOptions()
    .hook('preSubcommand', () => hints.begin())
    .exitOverride();
  const only = called !== undefined && Object.hasOwn(COMMANDS, called) ? COMMANDS[called] : undefined;
  // Some modules ask for it while they are loaded, and Node.js does not let every error of that be caught.
  if (only !== undefined) process.cwd();
  for (const load of only === undefined ? Object.values(COMMANDS) : [only]) {
    const make = await load();
    // Now, so that completion offers the option.
    program.addCommand(withDebug(make(io)).copyInheritedSettings(program));
  }
  if (only === undefined) {
    if (!COMPLETION.includes(called ?? '')) await beginHints();
    const { addCompletion } = await import('./completion.js');
    await addCompletion(program, process.argv.slice(2), (text) => process.stdout.write(text));
  }
  for (const command of program.commands) {
    if (!json) command.showHelpAfterError(`(see: npx jamdev ${command.name()} --help)`);
    const withoutJson = WITHOUT_JSON[command.name()];
    // Added here, so that completion does not offer it.
    if (withoutJson !== undefined) refuseJson(command, withoutJson());
    // Completion brings commands of its own.
    if (!command.options.some(({ long }) => long === '--debug')) withDebug(command);
    command.hook('preAction', noteCommand);
    command.hook('preAction', endWithRunner);
    command.hook('preAction', (_, action) => hints.aimBy(action));
    if (!OWN_SIGNALS.includes(command.name())) command.hook('preAction', endOnSignals);
  }
  return program;
}

function withDebug(command: Command): Command {
  return command
    .option('--debug', 'write decisions and handled errors to stderr, as with JAMDEV_DEBUG=1')
    .on('option:debug', () => io.debug.start());
}

/** For a command that does not exist, before which no hook runs. Help must be printed in a deleted folder, too. */
async function beginHints(): Promise<void> {
  try {
    await hints.begin();
  } catch (error) {
    noteHandled('cli', 'finding out how jamdev was called', error);
  }
}

/** Where a report of a bug begins. */
function noteCommand(command: Command): void {
  const { version } = readOwnPackage();
  const { platform, arch, version: node } = process;
  noteDecision(
    'cli',
    () => `jamdev ${version} ${command.name()}, Node.js ${node}, ${platform} ${arch}, in ${process.cwd()}`,
  );
}

function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      signalled = signal;
      interrupted.abort();
    });
  }
}

/** npx and its kind start a command and wait for it; one that is killed must not leave the command behind. */
function endWithRunner(): void {
  watchLaunch({
    onFound: ({ nohup }) => {
      ignoresHangup = nohup;
    },
    onRunnerGone: ({ name, pid }) => {
      signalled ??= 'SIGTERM';
      interrupted.abort(cliErrors.runnerGone(name, pid));
    },
  });
}

function end(): never {
  process.exit(outputLost && exitCode === 0 ? EXIT_FAILURE : exitCode);
}
