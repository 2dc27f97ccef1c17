import type { HotRebuildEvents } from '../builds/hot-rebuild.js';
import type { Backend } from '../platform/backend.js';
import { eventErrors } from './event-errors.js';
import type { EventBus } from './events.js';
import type { DevServerParts } from './prepare.js';

/** Publishes the events of a dev server's parts on its bus. */
export function publishEvents({ platform, builder, hotRebuild, logs }: DevServerParts, bus: EventBus): void {
  platform.events.on('backend', (backend) => publishBackend(backend, bus));
  logs.events.on('lines', (log, source, lines) => bus.publish({ type: 'output', log, source, lines }));
  logs.events.on('unfinished', (log, source, text) => bus.publish({ type: 'unfinished-output', log, source, text }));
  logs.events.on('diskProblem', (log, error) => bus.publish({ type: 'logs-failed', log, error }));
  logs.events.on('diskRecovered', () => bus.publish({ type: 'logs-recovered' }));
  builder.events.on('started', (service, number, reason, command) =>
    bus.publish({ type: 'build-started', service, number, reason, command }),
  );
  builder.events.on('line', (service, line) => bus.publish({ type: 'build-line', service, line }));
  builder.events.on('ended', (service, outcome, command) =>
    bus.publish({ type: 'build-ended', service, outcome, command }),
  );
  hotRebuild.events.on('rolledOut', (service, number, backends) =>
    bus.publish({ type: 'build-rolled-out', service, number, backends }),
  );
  hotRebuild.events.on('watchProblem', (service, error) => bus.publish({ type: 'watch-failed', service, error }));
  hotRebuild.events.on('unwatchedImport', (service, found) =>
    bus.publish({ type: 'import-not-watched', service, ...found }),
  );
  hotRebuild.events.on('written', (service, patterns) => {
    for (const pattern of patterns) bus.publish({ type: 'backend-writes', service, pattern });
  });
  hotRebuild.events.on('repeated', (_, file) =>
    bus.publish({ type: 'notice', text: eventErrors.growsAfterBuilds(file).sentence }),
  );
  hotRebuild.events.on('unfinished', (service, file) => bus.publish({ type: 'file-unfinished', service, ...file }));
  hotRebuild.events.on('learned', (...event) => publishLearned(event, bus));
}

function publishBackend(backend: Backend, bus: EventBus): void {
  bus.publish({ type: 'backend-spawned', backend });
  backend.events.on('state', (state) => bus.publish({ type: 'backend-state', backend, state }));
  backend.events.on('notice', (text) => bus.publish({ type: 'backend-notice', backend, text }));
  backend.events.on('restarting', (build, explanation) =>
    bus.publish({ type: 'backend-restarting', backend, build, explanation }),
  );
  backend.events.on('restarted', (build) => bus.publish({ type: 'backend-restarted', backend, build }));
}

const WRITERS = { build: 'build', backend: 'backend', log: 'program', other: 'program' } as const;

function publishLearned([service, files]: HotRebuildEvents['learned'], bus: EventBus): void {
  for (const { file, origin } of files) {
    const writtenBy = WRITERS[origin];
    bus.publish({ type: 'output-learned', service, file, writtenBy });
  }
}
