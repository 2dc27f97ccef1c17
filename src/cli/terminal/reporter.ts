import { relative } from 'node:path';
import type { ServiceConfig } from '../../config/service-config.js';
import type { BuildOutcome, OutputSource } from '../../contract/dev-endpoints.js';
import type { DevServer } from '../../dev-server.js';
import type { BackendLog } from '../../logs/backend-log.js';
import type { LogRecord } from '../../logs/log-format.js';
import type { Backend } from '../../platform/backend.js';
import type { BackendState } from '../../platform/backend-state.js';
import type { BannerLine } from './banner.js';
import { reportErrors } from './report-errors.js';
import type { Text } from './text.js';

/** Who is told what happens in the dev server: a person, or a program. */
export interface Reporter {
  /** @param environment the lines about env files, for a person */
  started(server: DevServer, ms: number, environment: readonly BannerLine[]): void;
  backendSpawned(backend: Backend): void;
  backendState(backend: Backend, state: BackendState): void;
  backendNotice(backend: Backend, text: string): void;
  output(log: BackendLog, source: LogRecord['source'], lines: readonly Buffer[]): void;
  /** A line that a backend has begun and not finished yet; '': it is not shown any longer. */
  unfinishedOutput(log: BackendLog, source: OutputSource, text: string): void;
  diskProblem(log: BackendLog, error: Error): void;
  /** A backend's process is being replaced by one of a new build. */
  backendRestarting(backend: Backend, buildNumber: number, explanation: string): void;
  /** It can be reached again after that. */
  backendRestarted(backend: Backend, buildNumber: number): void;
  buildLine(service: string, line: string): void;
  /** A new build reaches running backends. */
  rolledOut(service: ServiceConfig, buildNumber: number, backends: number): void;
  watchProblem(error: NodeJS.ErrnoException): void;
  buildStarted(service: string, number: number, reason: string, command: string | undefined): void;
  buildEnded(service: string, outcome: BuildOutcome, command: string | undefined): void;
  stopping(running: number): void;
  stopped(): void;
  fault(error: unknown, id: string): void;
  message(text: Text): void;
}

/** Connects a reporter to a dev server that was just started. */
export function reportOn(server: DevServer, reporter: Reporter): void {
  const { platform, builder, hotRebuild, logs } = server.parts;
  platform.events.on('backend', (backend) => {
    reporter.backendSpawned(backend);
    backend.events.on('state', (state) => reporter.backendState(backend, state));
    watchRestarts(backend, reporter);
    backend.events.on('notice', (text) => reporter.backendNotice(backend, text));
  });
  logs.events.on('lines', (log, source, lines) => reporter.output(log, source, lines));
  logs.events.on('unfinished', (...event) => reporter.unfinishedOutput(...event));
  logs.events.on('diskProblem', (log, error) => reporter.diskProblem(log, error));
  logs.events.on('diskRecovered', () =>
    reporter.message('Logs are written again; the output in between is missing from them.'),
  );
  builder.events.on('line', (service, line) => reporter.buildLine(service, line));
  hotRebuild.events.on('rolledOut', (...event) => reporter.rolledOut(...event));
  hotRebuild.events.on('unwatchedImport', ({ name, root }, { file, folder }) =>
    reporter.message(reportErrors.importNotWatched(name, file, relative(root, folder) || '.').sentence),
  );
  hotRebuild.events.on('learned', (_service, files) => {
    for (const { file, origin } of files)
      reporter.message(reportErrors.writtenByItself(file, origin === 'build').sentence);
  });
  server.events.on('configFixed', (file, what) => reporter.message(reportErrors.needsRestart(file, what).sentence));
  server.events.on('configProblem', (error) => reporter.message(reportErrors.configNotUsed(error.sentence).sentence));
  hotRebuild.events.on('watchProblem', (_service, error) => reporter.watchProblem(error));
  builder.events.on('started', (...event) => reporter.buildStarted(...event));
  builder.events.on('ended', (...event) => reporter.buildEnded(...event));
  server.events.on('fault', (error, id) => reporter.fault(error, id));
  server.events.on('notice', (text) => reporter.message(text));
  server.events.on('pageCall', (origin) => reporter.message(reportErrors.pageCalledApi(origin).sentence));
}

function watchRestarts(backend: Backend, reporter: Reporter): void {
  let restarting = false;
  backend.events.on('restarting', (buildNumber, explanation) => {
    restarting = true;
    reporter.backendRestarting(backend, buildNumber, explanation);
  });
  backend.events.on('address', (address) => {
    if (address === undefined || !restarting) return;
    restarting = false;
    reporter.backendRestarted(backend, backend.buildNumber ?? 0);
  });
}
