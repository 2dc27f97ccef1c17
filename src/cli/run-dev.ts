import { Chalk } from 'chalk';
import type { DevFlags } from '../config/dev-flags.js';
import { type DevServer, startDevServer } from '../dev-server.js';
import type { CommandIo } from './io.js';
import { StopSwitch } from './stop-switch.js';
import { colourLevel } from './terminal/colour-level.js';
import { DevReporter } from './terminal/dev-reporter.js';
import { JsonReporter } from './terminal/json-reporter.js';
import { LineWriter } from './terminal/line-writer.js';
import { type Reporter, reportOn } from './terminal/reporter.js';
import { listenForKeys, type Shortcut } from './terminal/shortcuts.js';

/**
 * Runs the dev server in this process until it is told to stop.
 * @param flags from the command line
 */
export async function runDev(flags: DevFlags, output: { json: boolean }, io: CommandIo): Promise<void> {
  const server = await startDevServer(flags);
  const sinceStartMs = performance.now();
  const writer = new LineWriter(process.stdout);
  const reporter: Reporter = output.json
    ? new JsonReporter(writer)
    : new DevReporter(writer, new Chalk({ level: colourLevel(process.stdout) }), server.config.styleLogOutput);
  reportOn(server, reporter);
  setImmediate(() => void writer.prepareLive());

  const stop = new StopSwitch(server, reporter);
  // Before the banner: whoever has read it may already press Ctrl-C.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.press());
  process.on('exit', () => server.killNow());
  // With NO_COLOR the terminal is left as it is, raw mode included.
  const inTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.NO_COLOR;
  const shortcuts =
    server.config.interactive && inTerminal && !output.json ? makeShortcuts(server, reporter, stop) : [];
  reporter.started(server, sinceStartMs, shortcuts);
  if (server.registryProblem !== undefined) reporter.message(server.registryProblem);
  const giveBack = shortcuts.length > 0 ? listenForKeys(process.stdin, shortcuts, () => stop.press()) : () => undefined;
  // Nobody reads any more: reason enough to stop, but no sign of impatience.
  io.signal.addEventListener('abort', () => stop.pressed || stop.press());
  await stop.stopped;
  io.leaveOutput();
  giveBack();
  if (stop.forced) io.fail();
}

function makeShortcuts(server: DevServer, reporter: Reporter, stop: StopSwitch): Shortcut[] {
  const { platform } = server.parts;
  const shortcuts: Shortcut[] = [
    { key: 'b', label: 'build', description: 'build again', action: () => void server.build('key b') },
    ...(server.parts.hotRebuild.watches
      ? [
          {
            key: 'p',
            label: 'pause',
            description: 'pause watching for changes, or go on',
            action: () => {
              server.parts.hotRebuild.togglePause();
              reporter.message(server.parts.hotRebuild.paused ? 'Watching is paused.' : 'Watching for changes.');
            },
          },
        ]
      : []),
    {
      key: 't',
      label: 'terminate',
      description: 'terminate all backends',
      action: () => {
        reporter.message(`Ending ${platform.running.length} backends.`);
        void platform.terminateAll(false);
      },
    },
    {
      key: 'h',
      label: 'help',
      description: 'show this help',
      action: () => reporter.message(shortcuts.map(({ key, description }) => `  ${key}  ${description}`).join('\n')),
    },
    { key: 'q', label: 'quit', description: 'stop, as Ctrl-C does', action: () => stop.press() },
  ];
  return shortcuts;
}
