import { sentenceOf } from '../../dev-server/event-sentences.js';
import type { DevServerEvent } from '../../dev-server/events.js';
import type { DevReporter } from './dev-reporter.js';

/** Passes each event of a dev server to the corresponding method of the reporter. */
export function routeEvent(event: DevServerEvent, to: DevReporter): void {
  switch (event.type) {
    case 'backend-spawned':
      return to.backendSpawned(event.backend);
    case 'backend-state':
      return to.backendState(event.backend, event.state);
    case 'backend-notice':
      return to.backendNotice(event.backend, event.text);
    case 'backend-restarting':
      return to.backendRestarting(event.backend, event.explanation);
    case 'backend-restarted':
      return to.backendRestarted(event.backend, event.build);
    case 'output':
      return to.output(event.log, event.source, event.lines);
    case 'unfinished-output':
      return to.unfinishedOutput(event.log, event.source, event.text);
    case 'logs-failed':
      return to.diskProblem(event.log, event.error);
    case 'build-started':
      return to.buildStarted(event.service, event.number, event.reason, event.command);
    case 'build-line':
      return to.buildLine(event.service, event.line);
    case 'build-ended':
      return to.buildEnded(event.service, event.outcome, event.command);
    case 'build-rolled-out':
      return to.rolledOut(event.service, event.number, event.backends);
    case 'watch-failed':
      return to.watchProblem(event.error);
    case 'fault':
      return to.fault(event.error, event.id);
    case 'closing':
      return to.stopping(event.backends);
    case 'closed':
      return to.stopped();
    default:
      return to.message(sentenceOf(event));
  }
}
