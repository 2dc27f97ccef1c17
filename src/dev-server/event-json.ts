import type { DevServerEventJson, EventBackend } from '../contract/dev-events.js';
import { errorCode } from '../os/error-code.js';
import type { Backend } from '../platform/backend.js';
import type { BackendState } from '../platform/backend-state.js';
import { toPublicStatus } from '../platform/status-formats.js';
import { eventErrors } from './event-errors.js';
import { sentenceOf } from './event-sentences.js';
import type { DevServerEvent } from './events.js';

/**
 * Converts an event to JSON for programs. @returns nothing for an unfinished line, and one object per line of output
 */
export function toEventJson(event: DevServerEvent): DevServerEventJson[] {
  switch (event.type) {
    case 'output':
      return outputJson(event);
    case 'unfinished-output':
      return [];
    default:
      return [oneEventJson(event)];
  }
}

type OutputEvent = Extract<DevServerEvent, { type: 'output' }>;
type SingleEvent = Exclude<DevServerEvent, { type: 'output' | 'unfinished-output' }>;

function oneEventJson(event: SingleEvent): DevServerEventJson {
  switch (event.type) {
    case 'backend-spawned':
      return statusJson(event.backend, event.backend.state);
    case 'backend-state':
      return statusJson(event.backend, event.state);
    case 'backend-notice':
      return { event: 'notice', ...toEventBackend(event.backend), text: event.text };
    case 'backend-restarting': {
      const { backend, build, explanation } = event;
      return { event: 'restarting', ...toEventBackend(backend), build, explanation };
    }
    case 'backend-restarted':
      return { event: 'restarted', ...toEventBackend(event.backend), build: event.build };
    case 'logs-failed': {
      const { owner, folder } = event.log;
      const { sentence } = eventErrors.logNotWritten(owner.backendId, errorCode(event.error), folder);
      return { event: 'disk-problem', backend: owner.backendId, message: sentence };
    }
    case 'build-started': {
      const { service, number, reason, command = null } = event;
      return { event: 'build-started', service, number, reason, command };
    }
    case 'build-line':
      return { event: 'build-line', service: event.service, text: event.line };
    case 'build-ended':
      return { event: 'build-ended', service: event.service, ...event.outcome };
    case 'build-rolled-out': {
      const { service, number: build, backends } = event;
      return { event: 'rolled-out', service: service.name, on_change: service.onChange, build, backends };
    }
    case 'watch-failed':
      return { event: 'watch-problem', service: event.service.name, message: event.error.message };
    case 'fault': {
      const { error, id } = event;
      return { event: 'fault', id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    case 'closing':
      return { event: 'stopping', running: event.backends };
    case 'closed':
      return { event: 'stopped' };
    default:
      return { event: 'message', about: event.type, text: sentenceOf(event) };
  }
}

function outputJson({ log, source, lines }: OutputEvent): DevServerEventJson[] {
  const { backendId: backend, key } = log.owner;
  return lines.map((line) => ({ event: 'log', backend, key, source, text: line.toString('utf8') }));
}

function statusJson(backend: Backend, state: BackendState): DevServerEventJson {
  const exit = state.status === 'terminated' ? { exit_code: state.exitCode, exit_signal: state.exitSignal } : {};
  const why = 'reason' in state && backend.explanation !== undefined ? { explanation: backend.explanation } : {};
  return { event: 'status', ...toEventBackend(backend), ...toPublicStatus(state), ...exit, ...why };
}

function toEventBackend({ id, identity }: Backend): EventBackend {
  return { backend: id, key: identity.key, service: identity.service.name };
}
