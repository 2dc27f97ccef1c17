import { sep } from 'node:path';
import type { DevFlags } from '../../../config/dev-flags.js';
import { findProjectFolder } from '../../../config/project-folder.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { DevServer } from '../../../dev-server/dev-server.js';
import { startDevServer } from '../../../dev-server/start-dev-server.js';
import { pause, systemClock } from '../../../os/clock.js';
import { portOfUrl } from '../../../os/port-of-url.js';
import { commandEnvironment } from '../../../processes/command-environment.js';
import { warnOfFewDescriptors } from '../../descriptor-warning.js';
import { signalExitCode } from '../../exit-codes.js';
import type { CommandIo } from '../../io.js';
import { StopSwitch } from '../../stop-switch.js';
import { counted } from '../../terminal/counted.js';
import { DevReporter } from '../../terminal/dev-reporter.js';
import { LineWriter } from '../../terminal/line-writer.js';
import { LogFilter } from '../../terminal/log-filter.js';
import type { Output } from '../../terminal/output.js';
import { problemsOnly } from '../../terminal/problem-reporter.js';
import type { Reporter } from '../../terminal/reporter.js';
import { type CommandEnd, CommandProcess } from './command-process.js';
import { execErrors } from './exec-errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** How long a canceled start may take to reach a point where it can be undone. */
const ABANDON_MS = 2_000;
/** How long the first build may take before the user is told about the wait. */
const PATIENCE_MS = 2_000;

/**
 * Starts a dev server, runs a command with it, and stops it. This process then exits in the same way as the command.
 * @param flags from the command line; by default, the ports are free ones, and nothing is watched
 * @param words the command and its arguments
 * @param options.logs whether to show all events of the dev server, not only problems
 * @throws JamdevError if the dev server does not start, the build fails, or the command can't be started
 */
export async function runExec(
  flags: DevFlags,
  words: readonly string[],
  { logs }: { logs: boolean },
  io: CommandIo,
): Promise<void> {
  const signals = new SignalSwitch(io);
  await warnOfFewDescriptors(io);
  const { port = 0, proxyPort = 0, watch = false } = flags;
  const folder = await findProjectFolder(flags);
  const starting = startDevServer({ ...flags, folder, port, proxyPort, watch });
  const server = await Promise.race([starting, signals.early.then(() => pause(ABANDON_MS))]);
  if (server === undefined) return io.fail(signalExitCode(await signals.early));
  process.on('exit', () => server.killNow());
  const reporter = makeReporter(server, logs, io.stderr);
  server.events.subscribe((event) => reporter.event(event));
  if (server.remark !== undefined) io.err(`jamdev: ${server.remark}`);
  for (const remark of server.stateRemarks) io.err(`jamdev: ${remark}`);
  const patience = setTimeout(() => io.err('jamdev: waiting for the first build'), PATIENCE_MS);
  let end: CommandEnd;
  try {
    const early = await Promise.race([untilBuilt(server, words[0] ?? ''), signals.early]);
    clearTimeout(patience);
    end =
      early === undefined
        ? await runCommand(server, words, signals, io)
        : { code: signalExitCode(early), signal: early };
  } finally {
    clearTimeout(patience);
    await stop(server, signals, io);
  }
  if (end.code !== 0) io.fail(end.code);
  if (end.code !== 0 && end.signal === null) sayWhereLogsAre(server, io);
}

/** Handles signals, differently before, during and after the command. */
class SignalSwitch {
  /** Resolves with the first signal, if it arrives before the command has started. */
  readonly early: Promise<NodeJS.Signals>;
  #take: (signal: NodeJS.Signals) => void = () => undefined;
  #hasCome = false;

  constructor(io: CommandIo) {
    this.early = new Promise((resolve) => {
      this.#take = resolve;
    });
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (signal !== 'SIGHUP' || !io.ignoresHangup) this.#come(signal);
      });
    }
    const onAbort = () => {
      const { reason } = io.signal;
      if (reason instanceof JamdevError) io.err(`jamdev: ${reason.sentence}`);
      // The signal that ended the package runner may have reached the whole process group; a second one would kill the
      // command.
      if (!this.#hasCome) this.#come('SIGTERM');
    };
    if (io.signal.aborted) onAbort();
    else io.signal.addEventListener('abort', onAbort);
  }

  #come(signal: NodeJS.Signals): void {
    this.#hasCome = true;
    this.#take(signal);
  }

  /** Sets the handler of all further signals. */
  leadTo(take: (signal: NodeJS.Signals) => void): void {
    this.#take = take;
  }
}

function makeReporter(server: DevServer, logs: boolean, output: Output): Reporter {
  output.printedColors &&= server.config.styleLogOutput;
  const reporter = new DevReporter(new LineWriter(output), new LogFilter(), systemClock);
  return logs ? reporter : problemsOnly(reporter);
}

/** Waits for the first build. @throws JamdevError `BuildFailed`; the reporter has already shown the reason */
async function untilBuilt(server: DevServer, command: string): Promise<undefined> {
  const { signal } = new AbortController();
  try {
    await Promise.all(server.config.services.map(({ name }) => server.parts.builder.current(name, signal)));
  } catch (error) {
    throw error instanceof JamdevError && error.code === 'BuildFailed' ? execErrors.execBuildFailed(command) : error;
  }
}

async function runCommand(
  { apiUrl, proxyUrl, parts }: DevServer,
  [file = '', ...args]: readonly string[],
  signals: SignalSwitch,
  io: CommandIo,
): Promise<CommandEnd> {
  const env = commandEnvironment(process.cwd(), {
    JAMSOCKET_DEV: 'true',
    JAMSOCKET_DEV_PORT: String(portOfUrl(apiUrl)),
    JAMDEV_API_URL: apiUrl,
    JAMDEV_PROXY_URL: proxyUrl,
    ...parts.register.environment(),
  });
  const command = new CommandProcess(file, args, env, 'JAMDEV_API_URL');
  signals.leadTo((signal) => void command.pass(signal));
  return command.end((text) => io.err(`jamdev: ${text}`));
}

async function stop(server: DevServer, signals: SignalSwitch, io: CommandIo): Promise<void> {
  const stopSwitch = new StopSwitch(server);
  signals.leadTo(() => stopSwitch.press());
  stopSwitch.press();
  const patience = setTimeout(() => {
    const count = server.parts.platform.running.length;
    if (count > 0) io.err(`jamdev: waiting for ${counted(count, 'backend')} to end (Ctrl-C to kill)`);
  }, PATIENCE_MS);
  await stopSwitch.stopped;
  clearTimeout(patience);
}

/**
 * Prints the command to read the logs, if the current folder is inside the project; elsewhere, it would not find them.
 */
function sayWhereLogsAre({ config, parts }: DevServer, io: CommandIo): void {
  const isInside = `${process.cwd()}${sep}`.startsWith(`${config.project}${sep}`);
  if (isInside && parts.logs.created.length > 0) {
    io.err('jamdev: to see what the backends printed: npx jamdev logs --no-follow');
  }
}
