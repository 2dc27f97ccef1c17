import type { DevFlags } from '../../../config/dev-flags.js';
import { describeProjectAbove, findProjectFolder } from '../../../config/project-folder.js';
import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import { claimProject } from '../../../dev-server/project-claim.js';
import { startDevServer } from '../../../dev-server/start-dev-server.js';
import { systemClock } from '../../../os/clock.js';
import { letYoungSpaceGrow } from '../../../os/young-space.js';
import { type IfRunning, nameRunning } from '../../client/if-running.js';
import { warnOfFewDescriptors } from '../../descriptor-warning.js';
import type { CommandIo } from '../../io.js';
import { StopSwitch } from '../../stop-switch.js';
import { environmentLines } from '../../terminal/banner.js';
import { DevReporter } from '../../terminal/dev-reporter.js';
import { JsonReporter } from '../../terminal/json-reporter.js';
import { LineWriter } from '../../terminal/line-writer.js';
import { LogFilter } from '../../terminal/log-filter.js';
import type { Reporter } from '../../terminal/reporter.js';
import { dim } from '../../terminal/text.js';
import { openDevTerminal } from './dev-terminal.js';
import { makePortQuestion } from './port-question.js';

/** Output options of `jamdev dev`. */
export interface DevOutput {
  json: boolean;
  ifRunning: IfRunning;
}

/**
 * Runs the dev server in this process until it is asked to stop.
 * @param flags from the command line
 */
export async function runDev(given: DevFlags, output: DevOutput, io: CommandIo): Promise<void> {
  await warnOfFewDescriptors(io);
  const folder = await findProjectFolder(given);
  const flags = { ...given, folder };
  const { lock, holder } = await claimProject(folder);
  if (lock === undefined) return nameRunning(folder, holder, output, io);
  const portPolicy = {
    // Port 0 is for a single run, such as a test.
    forgetKept: flags.port !== undefined && flags.port !== 0,
    ask: output.json || flags.interactive === false ? undefined : await makePortQuestion(io),
  };
  const server = await startDevServer(flags, portPolicy).catch((error) => {
    lock.release();
    throw error;
  });
  lock.tell({ apiUrl: server.apiUrl, proxyUrl: server.proxyUrl });
  io.aimHints({ project: server.config.project, apiUrl: server.apiUrl });
  const sinceStartMs = performance.now();
  letYoungSpaceGrow();
  const writer = new LineWriter(io.stdout);
  io.stdout.printedColors &&= server.config.styleLogOutput;
  const filter = new LogFilter();
  const reporter: Reporter = output.json ? new JsonReporter(io.stdout) : new DevReporter(writer, filter, systemClock);
  server.events.subscribe((event) => reporter.event(event));

  const stop = new StopSwitch(server);
  // Registered before the banner is shown, because a user who has read it may press Ctrl-C.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.press());
  process.on('SIGHUP', () => {
    if (!io.ignoresHangup) stop.press();
  });
  process.on('exit', () => server.killNow());
  // With NO_COLOR, the terminal is left unchanged, which includes raw mode.
  const inTerminal = io.stdout.stream.isTTY === true && io.stdin.isTTY === true && !process.env.NO_COLOR;
  const interactive = server.config.interactive && inTerminal && !output.json;
  reporter.started(server, sinceStartMs, output.json ? [] : await environmentLines(server.config.services));
  const remarks = [describeProjectAbove(given.folder, server.config), ...server.stateRemarks];
  for (const remark of remarks) if (remark !== undefined) reporter.message(remark);
  if (interactive && io.stderr.stream.isTTY) io.debug.redirect((line) => writer.write(dim(`jamdev: ${line}`)));
  const press = () => stop.press();
  const terminal = interactive
    ? openDevTerminal({ server, reporter, writer, filter, quit: press, input: io.stdin, output: io.stdout })
    : undefined;
  // The reader of the output has exited. This stops the dev server gracefully, but does not count as a second Ctrl-C.
  const stopUnwatched = () => {
    const { reason } = io.signal;
    if (reason instanceof JamdevError) reporter.message(reason.sentence);
    else terminal?.abandon();
    if (!stop.pressed) stop.press();
  };
  if (io.signal.aborted) stopUnwatched();
  else io.signal.addEventListener('abort', stopUnwatched);
  await stop.stopped;
  lock.release();
  io.leaveOutput();
  terminal?.close();
  if (stop.forced) io.fail();
}
