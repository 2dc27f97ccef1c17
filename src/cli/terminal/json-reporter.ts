import type { ServiceConfig } from '../../config/service-config.js';
import type { BuildOutcome } from '../../contract/dev-endpoints.js';
import type { DevServer } from '../../dev-server.js';
import type { BackendLog } from '../../logs/backend-log.js';
import type { LogRecord } from '../../logs/log-format.js';
import { errorCode } from '../../os/error-code.js';
import type { Backend } from '../../platform/backend.js';
import type { BackendState } from '../../platform/backend-state.js';
import { toPublicStatus } from '../../platform/status-formats.js';
import { LineWriter } from './line-writer.js';
import type { Output } from './output.js';
import { reportErrors } from './report-errors.js';
import type { Reporter } from './reporter.js';

/** Tells a program what happens in the dev server: one JSON object a line, each with an `event`. */
export class JsonReporter implements Reporter {
  readonly #writer: LineWriter;

  constructor(output: Output) {
    this.#writer = new LineWriter(output, (lines) => this.#event('left-out', { lines }));
  }

  started(server: DevServer, ms: number): void {
    this.#event('started', {
      ...server.info,
      ms: Math.round(ms),
      ended_leftovers: server.leftovers.ended,
      remark: server.remark ?? null,
    });
  }

  backendSpawned(backend: Backend): void {
    this.backendState(backend, backend.state);
  }

  backendState(backend: Backend, state: BackendState): void {
    const exit = state.status === 'terminated' ? { exit_code: state.exitCode, exit_signal: state.exitSignal } : {};
    const why = 'reason' in state && backend.explanation !== undefined ? { explanation: backend.explanation } : {};
    this.#event('status', { ...whose(backend), ...toPublicStatus(state), ...exit, ...why });
  }

  backendNotice(backend: Backend, text: string): void {
    this.#event('notice', { ...whose(backend), text });
  }

  output({ owner }: BackendLog, source: LogRecord['source'], lines: readonly Buffer[]): void {
    const whose = { event: 'log', backend: owner.backendId, key: owner.key, source };
    this.#writer.jsonOutput(lines.map((line) => ({ ...whose, text: line.toString('utf8') })));
  }

  /** Programs get whole lines. */
  unfinishedOutput(): void {}

  diskProblem({ owner, folder }: BackendLog, error: Error): void {
    const { sentence } = reportErrors.logNotWritten(owner.backendId, errorCode(error), folder);
    this.#event('disk-problem', { backend: owner.backendId, message: sentence });
  }

  backendRestarting(backend: Backend, buildNumber: number, explanation: string): void {
    this.#event('restarting', { ...whose(backend), build: buildNumber, explanation });
  }

  backendRestarted(backend: Backend, buildNumber: number): void {
    this.#event('restarted', { ...whose(backend), build: buildNumber });
  }

  buildLine(service: string, line: string): void {
    this.#event('build-line', { service, text: line });
  }

  rolledOut({ name, onChange }: ServiceConfig, buildNumber: number, backends: number): void {
    this.#event('rolled-out', { service: name, on_change: onChange, build: buildNumber, backends });
  }

  watchProblem(error: NodeJS.ErrnoException): void {
    this.#event('watch-problem', { message: error.message });
  }

  buildStarted(service: string, number: number, reason: string, command: string | undefined): void {
    this.#event('build-started', { service, number, reason, command: command ?? null });
  }

  buildEnded(service: string, outcome: BuildOutcome): void {
    this.#event('build-ended', { service, ...outcome });
  }

  stopping(running: number): void {
    this.#event('stopping', { running });
  }

  stopped(): void {
    this.#event('stopped', {});
  }

  fault(error: unknown, id: string): void {
    this.#event('fault', { id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  message(text: string): void {
    this.#event('message', { text });
  }

  #event(event: string, fields: object): void {
    this.#writer.json({ event, ...fields });
  }
}

function whose(backend: Backend): object {
  return { backend: backend.id, key: backend.identity.key, service: backend.identity.service.name };
}
