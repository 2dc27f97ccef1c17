import { relative } from 'node:path';
import type { MessageSubject } from '../contract/dev-events.js';
import { eventErrors } from './event-errors.js';
import type { DevServerEvent } from './events.js';

/** The events that are only a sentence for the user. */
export type SentenceEvent = Extract<DevServerEvent, { type: MessageSubject }>;

/** Describes an event in a sentence: what happened, and the next step. */
export function sentenceOf(event: SentenceEvent): string {
  switch (event.type) {
    case 'logs-recovered':
      return 'Logs are written again; they lack the output in between.';
    case 'import-not-watched': {
      const { name, root, watch } = event.service;
      const paths = [...watch, event.toWatch].map((path) => relative(root, path) || '.');
      return eventErrors.importNotWatched(name, event, paths).sentence;
    }
    case 'output-learned':
      return eventErrors.writtenByItself(event.file, event.writtenBy).sentence;
    case 'backend-writes':
      return eventErrors.writtenByBackend(event.pattern).sentence;
    case 'file-unfinished':
      return eventErrors.fileUnfinished(event).sentence;
    case 'config-needs-restart':
      return eventErrors.needsRestart(event.file, event.what).sentence;
    case 'config-rejected':
      return eventErrors.configNotUsed(event.error.sentence).sentence;
    case 'page-called-api':
      return eventErrors.pageCalledApi(event.origin).sentence;
    case 'notice':
      return event.text;
  }
}
