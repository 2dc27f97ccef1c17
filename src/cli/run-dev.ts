import { Chalk, type ChalkInstance } from 'chalk';
import type { DevFlags } from '../config/dev-flags.js';
import { type DevServer, startDevServer } from '../dev-server.js';
import { makeShortcuts } from './dev-shortcuts.js';
import type { CommandIo } from './io.js';
import { StopSwitch } from './stop-switch.js';
import { colourLevel } from './terminal/colour-level.js';
import { DevReporter } from './terminal/dev-reporter.js';
import { InteractiveTerminal } from './terminal/interactive-terminal.js';
import { JsonReporter } from './terminal/json-reporter.js';
import { LineWriter } from './terminal/line-writer.js';
import { LogFilter } from './terminal/log-filter.js';
import { type Reporter, reportOn } from './terminal/reporter.js';

/**
 * Runs the dev server in this process until it is told to stop.
 * @param flags from the command line
 */
export async function runDev(flags: DevFlags, output: { json: boolean }, io: CommandIo): Promise<void> {
  const server = await startDevServer(flags);
  const sinceStartMs = performance.now();
  const writer = new LineWriter(process.stdout);
  const chalk = new Chalk({ level: colourLevel(process.stdout) });
  const filter = new LogFilter();
  const reporter: Reporter = output.json
    ? new JsonReporter(writer)
    : new DevReporter(writer, chalk, server.config.styleLogOutput, filter);
  reportOn(server, reporter);

  const stop = new StopSwitch(server, reporter);
  // Before the banner: whoever has read it may already press Ctrl-C.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.press());
  process.on('exit', () => server.killNow());
  // With NO_COLOR the terminal is left as it is, raw mode included.
  const inTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.NO_COLOR;
  const interactive = server.config.interactive && inTerminal && !output.json;
  const terminal = interactive ? makeTerminal({ server, reporter, writer, chalk, filter, stop }) : undefined;
  reporter.started(server, sinceStartMs);
  if (server.registryProblem !== undefined) reporter.message(server.registryProblem);
  // What a terminal needs beyond the banner is loaded once that is shown.
  setImmediate(() => void writer.prepareLive());
  void terminal?.open();
  // Nobody reads any more: reason enough to stop, but no sign of impatience.
  io.signal.addEventListener('abort', () => {
    terminal?.abandon();
    if (!stop.pressed) stop.press();
  });
  await stop.stopped;
  io.leaveOutput();
  terminal?.close();
  if (stop.forced) io.fail();
}

/** What a terminal that a person sits at is made from. */
interface TerminalContext {
  server: DevServer;
  reporter: Reporter;
  writer: LineWriter;
  chalk: ChalkInstance;
  filter: LogFilter;
  stop: StopSwitch;
}

function makeTerminal({ server, reporter, writer, chalk, filter, stop }: TerminalContext): InteractiveTerminal {
  const shortcuts = makeShortcuts({
    server,
    filter,
    say: (text) => reporter.message(text),
    clear: () => terminal.clear(),
    quit: () => stop.press(),
  });
  const terminal: InteractiveTerminal = new InteractiveTerminal({
    input: process.stdin,
    output: process.stdout,
    writer,
    shortcuts,
    interrupt: () => stop.press(),
    loadScreen: async () => {
      if (process.env.TERM === 'dumb') return undefined;
      const { createDevScreen } = await import('./terminal/footer/dev-footer.js');
      return createDevScreen(process.stdout, chalk, { server, filter, shortcuts });
    },
  });
  return terminal;
}
