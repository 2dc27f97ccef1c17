import type { ServiceConfig } from '../../config/service-config.js';
import type { BuildOutcome, OutputSource } from '../../contract/dev-endpoints.js';
import { JamdevError } from '../../contract/errors/jamdev-error.js';
import { describeExit, describeOwnEnd, describeStatus } from '../../contract/status-words.js';
import type { DevServer } from '../../dev-server/dev-server.js';
import { eventErrors } from '../../dev-server/event-errors.js';
import type { DevServerEvent } from '../../dev-server/events.js';
import type { BackendLog } from '../../logs/backend-log.js';
import type { LogRecord } from '../../logs/log-format.js';
import type { Clock } from '../../os/clock.js';
import { errorCode } from '../../os/error-code.js';
import type { Backend } from '../../platform/backend.js';
import { type BackendState, type EndedState, rankOf } from '../../platform/backend-state.js';
import { toPublicStatus } from '../../platform/status-formats.js';
import { filesIn, fixedPortAdvice, saysPortTaken } from '../../runtime/process/fixed-port.js';
import { type BannerLine, bannerLines, networkLines } from './banner.js';
import { cleanText } from './clean.js';
import { counted } from './counted.js';
import { formatDuration } from './duration.js';
import type { LineWriter } from './line-writer.js';
import type { LogFilter } from './log-filter.js';
import { describePhases } from './phases.js';
import { portRemarks } from './port-remarks.js';
import type { Reporter } from './reporter.js';
import { routeEvent } from './route-event.js';
import { StartLines } from './start-lines.js';
import { blue, bold, compose, cyan, dim, green, magenta, Printed, red, type Text, yellow } from './text.js';

const NAME_COLORS = [cyan, magenta, blue, yellow, green];
const MAX_NAME_LENGTH = 24;
const STILL_RUNNING = 'still running after SIGTERM; killing it now';

/** Shows the events of the dev server to a person. */
export class DevReporter implements Reporter {
  readonly #writer: LineWriter;
  readonly #filter: LogFilter;
  readonly #names = new Map<string, Text>();
  readonly #restartedAtMs = new Map<string, number>();
  readonly #starts: StartLines;
  #server: DevServer | undefined;
  #isStopping = false;
  #severalServices = false;

  /** @param filter selects whose log is shown; builds and crashes always are */
  constructor(writer: LineWriter, filter: LogFilter, clock: Clock) {
    this.#starts = new StartLines(clock, (backend) => this.#state(backend, backend.state, clock.now()));
    this.#writer = writer;
    this.#filter = filter;
  }

  started(server: DevServer, ms: number, environment: readonly BannerLine[]): void {
    this.#server = server;
    const { services } = server.config;
    this.#severalServices = services.length > 1;
    const { ended, remaining } = server.leftovers;
    if (ended > 0) {
      this.#line(compose`Ended ${counted(ended, 'process', 'processes')} that an earlier dev server left behind.`);
    }
    if (remaining.length > 0) {
      this.#line(
        compose`An earlier dev server left processes behind that could not be ended: pid ${remaining.join(', ')}.`,
      );
    }
    this.#line(compose`${bold(`jamdev ${server.info.version}`)}  ${green('ready')} in ${formatDuration(ms)}`);
    this.#line('');
    const lines = bannerLines(
      [['API', cyan(server.apiUrl)], ['proxy', cyan(server.proxyUrl)], ...networkLines(server)],
      services,
      [...environment, ['spawn', 'npx jamdev spawn --key doc-1']],
      this.#writer.columns,
    );
    for (const [label, text] of lines) this.#line(compose`  ${label.padEnd(8)}${text}`);
    for (const remark of portRemarks(server.portMove)) this.#line(yellow(`  ${remark}`));
    if (server.remark !== undefined) this.#line(yellow(`  ${server.remark}`));
    if (server.config.host !== undefined) {
      this.#line(yellow(`  It listens on ${server.config.host}: other machines may reach it.`));
    }
    for (const other of server.others) {
      this.#line(yellow(`  Another dev server runs in this folder (${other}); commands go to this one.`));
    }
    this.#line('');
  }

  event(event: DevServerEvent): void {
    routeEvent(event, this);
  }

  backendSpawned(backend: Backend): void {
    const service = this.#severalServices ? `${backend.identity.service.name}/` : '';
    this.#names.set(backend.id, this.#colorName(`${service}${backend.displayName}`));
    this.backendState(backend, backend.state);
  }

  backendState(backend: Backend, state: BackendState): void {
    const isShown = this.#starts.shows(backend, state);
    const ms = formatDuration(state.time.getTime() - backend.createdAt.getTime());
    if (state.status === 'terminated') return this.#ended(backend, state, ms);
    if (isShown) this.#state(backend, state, state.time);
  }

  #state(backend: Backend, state: BackendState, now: Date): void {
    if (!this.#filter.shows(backend.id)) return;
    // The previous line has already reported this for all backends.
    if (this.#isStopping && state.status === 'terminating') return;
    const ms = formatDuration(now.getTime() - backend.createdAt.getTime());
    const color = state.status === 'ready' ? green : 'reason' in state ? yellow : dim;
    const isForcedNow = state.status === 'hard-terminating' && hasBeenAsked(backend);
    const text = color(isForcedNow ? STILL_RUNNING : describeStatus(toPublicStatus(state), backend));
    const isStarting = rankOf(state.status) <= rankOf('ready');
    const hint = isStarting && backend.displayName !== backend.id ? dim(`  ${backend.id}`) : '';
    const time = state.status === 'ready' ? describePhases(backend.history, backend.startKind) : ms;
    this.#line(compose`${this.#nameOf(backend.id)} ${text} ${dim(`(${time})`)}${hint}`);
    const { definition } = backend.identity.service;
    const failing = definition === undefined ? undefined : this.#server?.parts.builder.failureOf(definition);
    const runsImage = backend.build?.kind === 'container';
    if (state.status === 'ready' && runsImage && definition !== undefined && failing !== undefined) {
      this.#line(
        red(`${this.#buildOf(definition)} ${failing.number} failed: this backend runs build ${backend.buildNumber}`),
      );
    }
  }

  backendNotice(backend: Backend, text: string): void {
    if (!this.#filter.shows(backend.id)) return;
    this.#line(compose`${this.#nameOf(backend.id)} ${yellow(text)}`);
  }

  output(log: BackendLog, source: LogRecord['source'], lines: readonly Buffer[]): void {
    // Remarks have already been shown as notices.
    if (lines.length === 0 || source === 'jamdev' || !this.#filter.shows(log.owner.backendId)) return;
    const name = this.#nameOf(log.owner.backendId);
    this.#writer.writeOutput(
      outputKey(log, source),
      lines.map((line) => [name, ' ', new Printed(line.toString('utf8'))]),
    );
  }

  unfinishedOutput(log: BackendLog, source: OutputSource, text: string): void {
    if (!this.#filter.shows(log.owner.backendId)) return;
    const line = text === '' ? '' : [this.#nameOf(log.owner.backendId), ' ', new Printed(text)];
    this.#writer.unfinished(outputKey(log, source), line);
  }

  diskProblem(log: BackendLog, error: Error): void {
    this.#line(red(eventErrors.logNotWritten(log.owner.backendId, errorCode(error), log.folder).sentence));
  }

  backendRestarting(backend: Backend, explanation: string): void {
    this.#restartedAtMs.set(backend.id, performance.now());
    if (!this.#filter.shows(backend.id)) return;
    this.#line(compose`${this.#nameOf(backend.id)} ${yellow(explanation)}`);
  }

  backendRestarted(backend: Backend, buildNumber: number): void {
    const ms = formatDuration(performance.now() - (this.#restartedAtMs.get(backend.id) ?? performance.now()));
    this.#restartedAtMs.delete(backend.id);
    if (!this.#filter.shows(backend.id)) return;
    this.#line(compose`${this.#nameOf(backend.id)} ${green(`ready on build ${buildNumber}`)} (${ms})`);
  }

  buildLine(service: string, line: string): void {
    this.#writer.live(buildKey(service), [this.#buildOf(service), ' ', new Printed(line)]);
  }

  rolledOut({ name, onChange }: ServiceConfig, buildNumber: number, backends: number): void {
    const what = onChange === 'restart' ? 'replacing' : 'ending';
    this.#buildLine(name, compose`${buildNumber}: ${what} ${counted(backends, 'backend')} on older code`);
  }

  watchProblem(error: NodeJS.ErrnoException): void {
    const known = error instanceof JamdevError ? error : eventErrors.watchProblem(error.code ?? error.message);
    const text = known.sentence;
    this.#line(yellow(text));
  }

  buildStarted(service: string, number: number, reason: string, command: string | undefined): void {
    const why = dim(`(${reason})`);
    if (command !== undefined) this.#buildLine(service, compose`${number}: ${command} ${why}`);
    else if (number > 1) this.#buildLine(service, compose`${number}: nothing to build ${why}`);
  }

  buildEnded(service: string, outcome: BuildOutcome, command: string | undefined): void {
    this.#writer.live(buildKey(service), undefined);
    // Without a build command, there is nothing to report unless its variables can't be read.
    if (command === undefined && outcome.result !== 'failed') {
      return;
    } else if (outcome.result === 'succeeded') {
      const unchanged = outcome.unchanged ? ', nothing changed' : '';
      this.#buildLine(
        service,
        compose`${outcome.number}: ${green('done')} in ${formatDuration(outcome.ms)}${unchanged}`,
      );
    } else if (outcome.result === 'superseded') {
      this.#buildLine(service, compose`${outcome.number}: canceled`);
    } else {
      for (const line of outcome.lines) this.#buildLine(service, new Printed(line));
      const ms = formatDuration(outcome.ms);
      this.#buildLine(service, compose`${outcome.number}: ${red('failed')} (${outcome.failure}) in ${ms}`);
    }
  }

  stopping(running: number): void {
    this.#isStopping = true;
    const what = running === 0 ? '' : ` ${counted(running, 'backend')} (Ctrl-C again to kill)`;
    this.#line(compose`Stopping${what}...`);
  }

  stopped(): void {
    this.#line('Stopped.');
  }

  fault(error: unknown, id: string): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of `An error in jamdev (${id}): ${text}`.split('\n')) this.#line(red(line));
  }

  message(text: Text): void {
    this.#line(text);
  }

  #ended(backend: Backend, state: EndedState, ms: string): void {
    const name = this.#nameOf(backend.id);
    const alone = state.reason === undefined;
    if (alone && state.exitCode !== 0) {
      this.#crashCard(backend, describeOwnEnd(true, state), ms);
    } else if (this.#filter.shows(backend.id)) {
      // The reason was already shown when the termination began.
      this.#line(
        compose`${name} ${alone ? 'exited by itself' : 'terminated'} ${dim(`(${describeExit(state)}, ${ms})`)}`,
      );
    }
    this.#names.delete(backend.id);
    if (this.#filter.only === backend) {
      this.#filter.reset();
      this.#line('Log: all backends.');
    }
  }

  #crashCard(backend: Backend, how: string, ms: string): void {
    const bar = red('|');
    this.#line(compose`${bar} ${bold(red(how))} after ${ms}`);
    const { key, keyGiven } = backend.identity;
    const named = keyGiven ? `key ${key}, ` : '';
    this.#line(compose`${bar} ${named}backend ${backend.id}, build ${backend.buildNumber ?? 'none'}`);
    for (const line of backend.log.lastLines) this.#line([bar, '   ', new Printed(line)]);
    const hint = portHint(backend);
    if (hint !== undefined) this.#line(compose`${bar} ${hint}`);
    this.#line(compose`${bar} ${dim(`full log: npx jamdev logs ${backend.id}`)}`);
  }

  #nameOf(backendId: string): Text {
    return this.#names.get(backendId) ?? this.#colorName(backendId);
  }

  #colorName(name: string): Text {
    const shown = cleanText(name);
    const cut = shown.length > MAX_NAME_LENGTH ? `${shown.slice(0, MAX_NAME_LENGTH - 3)}...` : shown;
    const sum = [...name].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
    const color = NAME_COLORS[sum % NAME_COLORS.length] ?? cyan;
    return color(`${cut} |`);
  }

  /** Returns the prefix of lines about a service's builds, with the service's name if there are several services. */
  #buildOf(service: string): string {
    return this.#severalServices ? `build  ${service}` : 'build ';
  }

  #buildLine(service: string, text: Text): void {
    this.#line(compose`${dim(this.#buildOf(service))} ${text}`);
  }

  #line(text: Text): void {
    this.#writer.write(text);
  }
}

/** Whether the backend has received SIGTERM. */
function hasBeenAsked({ history }: Backend): boolean {
  return history.some(({ status }) => status === 'terminating');
}

/** Returns an identifier for the source of an unfinished line. */
function outputKey({ owner }: BackendLog, source: LogRecord['source']): string {
  return `${owner.backendId} ${source}`;
}

function buildKey(service: string): string {
  return `build ${service}`;
}

/** Returns a hint for a server that hard-codes port 8080, which is jamdev's API port. */
function portHint({ build, log: { lastLines } }: Backend): string | undefined {
  if (build?.kind !== 'process' || !saysPortTaken(lastLines)) return undefined;
  const advice = fixedPortAdvice({ commands: [build.command], output: lastLines, files: filesIn(build.cwd) });
  return `If it listens on a fixed port such as 8080 (here the port of jamdev's API): ${advice}`;
}
