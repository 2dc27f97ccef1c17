import { realpathSync } from 'node:fs';
import type { ChalkInstance } from 'chalk';
import type { ServiceConfig } from '../../config/service-config.js';
import type { BuildOutcome } from '../../contract/dev-endpoints.js';
import { JamdevError, problem } from '../../contract/errors.js';
import type { DevServer } from '../../dev-server.js';
import type { BackendLog } from '../../logs/backend-log.js';
import type { LogRecord } from '../../logs/log-format.js';
import { errorCode } from '../../os/error-code.js';
import type { Backend } from '../../platform/backend.js';
import type { BackendState, EndedState } from '../../platform/backend-state.js';
import { toPublicStatus } from '../../platform/status-formats.js';
import { type BannerLine, bannerLines } from './banner.js';
import { cleanForTerminal, cleanName } from './clean.js';
import { spawnLine } from './command-line-hint.js';
import { counted } from './counted.js';
import { describeStatus } from './describe-status.js';
import { formatDuration } from './duration.js';
import type { LineWriter } from './line-writer.js';
import type { LogFilter } from './log-filter.js';
import { describePhases } from './phases.js';
import type { Reporter } from './reporter.js';

const NAME_COLOURS = ['cyan', 'magenta', 'blue', 'yellow', 'green'] as const;
const MAX_NAME_LENGTH = 24;

/** Shows a person what happens in the dev server. */
export class DevReporter implements Reporter {
  readonly #writer: LineWriter;
  readonly #chalk: ChalkInstance;
  readonly #colourOutput: boolean;
  readonly #filter: LogFilter;
  readonly #names = new Map<string, string>();
  readonly #restartedAtMs = new Map<string, number>();
  /** By service: the number of the newest build, while that one failed. */
  readonly #failing = new Map<string, number>();
  #severalServices = false;

  /**
   * @param writer where it is shown
   * @param chalk with or without colours, as the terminal is
   * @param colourOutput whether backends' own colours are shown
   * @param filter whose log is shown; builds and crashes always are
   */
  constructor(writer: LineWriter, chalk: ChalkInstance, colourOutput: boolean, filter: LogFilter) {
    this.#writer = writer;
    this.#chalk = chalk;
    this.#colourOutput = colourOutput && chalk.level > 0;
    this.#filter = filter;
  }

  started(server: DevServer, ms: number, environment: readonly BannerLine[]): void {
    const { bold, cyan, green, yellow } = this.#chalk;
    const { services, project } = server.config;
    this.#severalServices = services.length > 1;
    const { ended, remaining } = server.leftovers;
    if (ended > 0) {
      this.#line(`Ended ${counted(ended, 'process', 'processes')} that an earlier dev server had left here.`);
    }
    if (remaining.length > 0) {
      this.#line(`An earlier dev server left processes that could not be ended: pid ${remaining.join(', ')}.`);
    }
    this.#line(`${bold(`jamdev ${server.info.version}`)}  ${green('ready')} in ${formatDuration(ms)}`);
    this.#line('');
    const spawn = spawnLine(realpathSync(process.argv[1] ?? ''), process.cwd(), project, server.apiUrl);
    const lines = bannerLines(
      [
        ['API', cyan(server.apiUrl)],
        ['proxy', cyan(server.proxyUrl)],
      ],
      services,
      [...environment, ['spawn', spawn]],
    );
    for (const [label, text] of lines) this.#line(`  ${label.padEnd(8)}${text}`);
    if (server.remark !== undefined) this.#line(yellow(`  ${server.remark}`));
    if (server.config.host !== undefined) {
      this.#line(yellow(`  It listens on ${server.config.host}: other machines may reach it.`));
    }
    for (const other of server.others) {
      this.#line(yellow(`  Another dev server runs in this folder (${other}); commands go to this one.`));
    }
    this.#line('');
  }

  backendSpawned(backend: Backend): void {
    const service = this.#severalServices ? `${backend.identity.service.name}/` : '';
    this.#names.set(backend.id, this.#colourName(`${service}${backend.displayName}`));
    this.backendState(backend, backend.state);
  }

  backendState(backend: Backend, state: BackendState): void {
    const { green, yellow, red, dim } = this.#chalk;
    const ms = formatDuration(state.time.getTime() - backend.createdAt.getTime());
    if (state.status === 'terminated') return this.#ended(backend, state, ms);
    if (!this.#filter.shows(backend.id)) return;
    const colour = state.status === 'ready' ? green : 'reason' in state ? yellow : dim;
    const text = colour(describeStatus(toPublicStatus(state), backend));
    const hint = state.status === 'scheduled' ? dim(`  ${backend.id}`) : '';
    const time = state.status === 'ready' ? describePhases(backend.history) : ms;
    this.#line(`${this.#nameOf(backend.id)} ${text} ${dim(`(${time})`)}${hint}`);
    const { definition } = backend.identity.service;
    const failing = definition === undefined ? undefined : this.#failing.get(definition);
    if (state.status === 'ready' && definition !== undefined && failing !== undefined) {
      this.#line(red(`${this.#buildOf(definition)} ${failing} has failed: this is build ${backend.buildNumber}`));
    }
    if (state.status === 'hard-terminating' && state.reason === 'startuptimeout') {
      this.#line(`${this.#nameOf(backend.id)} ${red('It never answered on its port.')}`);
    }
  }

  backendNotice(backend: Backend, text: string): void {
    if (!this.#filter.shows(backend.id)) return;
    this.#line(`${this.#nameOf(backend.id)} ${this.#chalk.yellow(text)}`);
  }

  output(log: BackendLog, source: LogRecord['source'], lines: readonly Buffer[]): void {
    // Remarks have been shown as notices.
    if (lines.length === 0 || source === 'jamdev' || !this.#filter.shows(log.owner.backendId)) return;
    const name = this.#nameOf(log.owner.backendId);
    this.#writer.writeOutput(
      lines.map((line) => `${name} ${cleanForTerminal(line.toString('utf8'), this.#colourOutput)}\n`),
    );
  }

  diskProblem(log: BackendLog, error: Error): void {
    this.#line(this.#chalk.red(problem.logNotWritten(log.owner.backendId, errorCode(error), log.folder).sentence));
  }

  backendRestarting(backend: Backend, _buildNumber: number, explanation: string): void {
    this.#restartedAtMs.set(backend.id, performance.now());
    if (!this.#filter.shows(backend.id)) return;
    this.#line(`${this.#nameOf(backend.id)} ${this.#chalk.yellow(explanation)}`);
  }

  backendRestarted(backend: Backend, buildNumber: number): void {
    const ms = formatDuration(performance.now() - (this.#restartedAtMs.get(backend.id) ?? performance.now()));
    this.#restartedAtMs.delete(backend.id);
    if (!this.#filter.shows(backend.id)) return;
    this.#line(`${this.#nameOf(backend.id)} ${this.#chalk.green(`ready on build ${buildNumber}`)} (${ms})`);
  }

  buildLine(service: string, line: string): void {
    this.#writer.live(`${this.#buildOf(service)} ${cleanForTerminal(line, false)}`);
  }

  rolledOut({ name, onChange }: ServiceConfig, buildNumber: number, backends: number): void {
    const what = onChange === 'restart' ? 'replacing' : 'ending';
    this.#buildLine(name, `${buildNumber}: ${what} ${counted(backends, 'backend')} on older code`);
  }

  watchProblem(error: NodeJS.ErrnoException): void {
    const known = error instanceof JamdevError ? error : problem.watchProblem(error.code ?? error.message);
    const text = known.sentence;
    this.#line(this.#chalk.yellow(text));
  }

  buildStarted(service: string, number: number, reason: string, command: string | undefined): void {
    const why = this.#chalk.dim(`(${reason})`);
    if (command !== undefined) this.#buildLine(service, `${number}: ${command} ${why}`);
    else if (number > 1) this.#buildLine(service, `${number}: nothing to build ${why}`);
  }

  buildEnded(service: string, outcome: BuildOutcome, command: string | undefined): void {
    const { red, green } = this.#chalk;
    if (outcome.result === 'failed') this.#failing.set(service, outcome.number);
    else if (outcome.result === 'succeeded') this.#failing.delete(service);
    // With nothing to build there is nothing to tell, unless the variables for it can't be read.
    if (command === undefined && outcome.result !== 'failed') {
      return;
    } else if (outcome.result === 'succeeded') {
      this.#buildLine(
        service,
        `${outcome.number}: ${green('done')} in ${formatDuration(outcome.ms)}${outcome.unchanged ? ', nothing changed' : ''}`,
      );
    } else if (outcome.result === 'superseded') {
      this.#buildLine(service, `${outcome.number}: cancelled`);
    } else {
      for (const line of outcome.lines) this.#buildLine(service, cleanForTerminal(line, this.#colourOutput));
      const how = `${red('failed')} (${outcome.failure}) in ${formatDuration(outcome.ms)}`;
      this.#buildLine(service, `${outcome.number}: ${how}`);
    }
  }

  stopping(running: number): void {
    const what = running === 0 ? '' : ` ${counted(running, 'backend')} (Ctrl-C again to kill)`;
    this.#line(`Stopping${what}...`);
  }

  stopped(): void {
    this.#line('Stopped.');
  }

  fault(error: unknown, id: string): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#line(this.#chalk.red(`A fault in jamdev (${id}): ${text}`));
  }

  message(text: string): void {
    this.#line(text);
  }

  #ended(backend: Backend, state: EndedState, ms: string): void {
    const { dim } = this.#chalk;
    const name = this.#nameOf(backend.id);
    const alone = state.reason === undefined;
    const how = describeExit(state);
    if (alone && state.exitCode !== 0) {
      this.#crashCard(backend, how, ms);
    } else if (this.#filter.shows(backend.id)) {
      this.#line(
        `${name} ${alone ? 'ended by itself' : describeStatus(toPublicStatus(state), backend)} ${dim(`(${how}, ${ms})`)}`,
      );
    }
    this.#names.delete(backend.id);
    if (this.#filter.only === backend) {
      this.#filter.reset();
      this.#line('Log: all backends.');
    }
  }

  #crashCard(backend: Backend, how: string, ms: string): void {
    const { red, dim, bold } = this.#chalk;
    const bar = red('|');
    this.#line(`${bar} ${bold(red(`crashed: ${how}`))} after ${ms}`);
    const { key, keyGiven } = backend.identity;
    const named = keyGiven ? `key ${cleanName(key)}, ` : '';
    this.#line(`${bar} ${named}backend ${backend.id}, build ${backend.buildNumber ?? 'none'}`);
    for (const line of backend.log.lastLines) this.#line(`${bar}   ${cleanForTerminal(line, this.#colourOutput)}`);
    const hint = portHint(backend.log.lastLines);
    if (hint !== undefined) this.#line(`${bar} ${hint}`);
    this.#line(`${bar} ${dim(`all it printed: npx jamdev logs ${backend.id}`)}`);
  }

  #nameOf(backendId: string): string {
    return this.#names.get(backendId) ?? this.#colourName(backendId);
  }

  #colourName(name: string): string {
    const shown = cleanName(name);
    const cut = shown.length > MAX_NAME_LENGTH ? `${shown.slice(0, MAX_NAME_LENGTH - 3)}...` : shown;
    const sum = [...name].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
    const colour = NAME_COLOURS[sum % NAME_COLOURS.length] ?? 'cyan';
    return this.#chalk[colour](`${cut} |`);
  }

  /** What stands in front of what is told of a service's builds; the service too, where there are several. */
  #buildOf(service: string): string {
    return this.#severalServices ? `build  ${service}` : 'build ';
  }

  #buildLine(service: string, text: string): void {
    this.#line(`${this.#chalk.dim(this.#buildOf(service))} ${text}`);
  }

  #line(text: string): void {
    this.#writer.write(`${text}\n`);
  }
}

/** How a process ended: by which signal, and with which exit code. */
function describeExit({ exitSignal, exitCode }: EndedState): string {
  if (exitCode === null) return exitSignal ?? 'not started';
  return exitSignal === null ? `exit code ${exitCode}` : `${exitSignal}, exit code ${exitCode}`;
}

/** A server that hard-codes 8080 meets jamdev's own API there. */
function portHint(lastLines: readonly string[]): string | undefined {
  const text = lastLines.join('\n');
  if (!/EADDRINUSE|address already in use/i.test(text)) return undefined;
  return "If it listens on a fixed port, as 8080, which is jamdev's API here: let it listen on the port in PORT.";
}
