import type { BuildOutcome } from '../../build/builder.js';
import type { DevServer } from '../../dev-server.js';
import type { BackendLog } from '../../logs/backend-log.js';
import type { LogRecord } from '../../logs/log-format.js';
import type { Backend } from '../../platform/backend.js';
import type { BackendState } from '../../platform/backend-state.js';
import type { Shortcut } from './shortcuts.js';

/** Who is told what happens in the dev server: a person, or a program. */
export interface Reporter {
  /** @param shortcuts the keys that work now; none where nobody can press them */
  started(server: DevServer, ms: number, shortcuts: readonly Shortcut[]): void;
  backendSpawned(backend: Backend): void;
  backendState(backend: Backend, state: BackendState): void;
  backendNotice(backend: Backend, text: string): void;
  output(log: BackendLog, source: LogRecord['source'], lines: readonly Buffer[]): void;
  diskProblem(log: BackendLog, error: Error): void;
  buildStarted(number: number, reason: string, command: string | undefined): void;
  buildEnded(outcome: BuildOutcome, command: string | undefined): void;
  stopping(running: number): void;
  stopped(): void;
  fault(error: unknown, id: string): void;
  message(text: string): void;
}

/** Connects a reporter to a dev server that was just started. */
export function reportOn(server: DevServer, reporter: Reporter): void {
  const { platform, builder, logs } = server.parts;
  const [service] = server.config.services;
  platform.events.on('backend', (backend) => {
    reporter.backendSpawned(backend);
    backend.events.on('state', (state) => reporter.backendState(backend, state));
    backend.events.on('notice', (text) => reporter.backendNotice(backend, text));
  });
  logs.events.on('lines', (log, source, lines) => reporter.output(log, source, lines));
  logs.events.on('diskProblem', (log, error) => reporter.diskProblem(log, error));
  builder.events.on('started', (_service, number, reason, command) => reporter.buildStarted(number, reason, command));
  builder.events.on('ended', (_service, outcome) => reporter.buildEnded(outcome, service.build));
  server.events.on('fault', (error, id) => reporter.fault(error, id));
}
