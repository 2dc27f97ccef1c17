import { noteDecision, noteHandled } from '../os/debug/debug-log.js';
import { toEventJson } from './event-json.js';
import type { DevServerEvent, EventBus } from './events.js';

/** Events that are not logged: they contain the output of backends and builds, not decisions of jamdev. */
const PRINTED: readonly DevServerEvent['type'][] = ['output', 'unfinished-output', 'build-line'];

/** Logs every event of a dev server at debug level, and faults with id and stack. */
export function noteEvents(bus: EventBus): void {
  bus.subscribe((event) => {
    if (PRINTED.includes(event.type)) return;
    if (event.type === 'fault') return noteHandled('event', `fault (id ${event.id})`, event.error);
    for (const { event: name, ...fields } of toEventJson(event)) {
      noteDecision('event', () => `${name} ${JSON.stringify(withoutOutput(fields))}`);
    }
  });
}

/** Removes the last lines of a build from its outcome. */
function withoutOutput({ lines: _, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return fields;
}
