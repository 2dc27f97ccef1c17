import type { Backend } from '../../../platform/backend.js';
import { isEnding } from '../../../platform/backend-state.js';
import type { Platform } from '../../../platform/platform.js';
import type { KeyQuestion } from '../../terminal/key-question.js';

/** One session per digit key. */
const PAGE_SIZE = 9;
const NEXT_PAGE = '0';

/** The dependencies of choosing a session. */
export interface SessionChoice {
  platform: Platform;
  question: KeyQuestion;
  /** Whether to put the service in front of names. */
  severalServices: boolean;
  say(...lines: string[]): void;
}

/** Returns the display name of a session. */
export function sessionName(backend: Backend, severalServices: boolean): string {
  return severalServices ? `${backend.identity.service.name}/${backend.displayName}` : backend.displayName;
}

/**
 * Lets the user choose a running session by a digit, newest first. A single session is chosen immediately.
 * @param verb the action on the session, such as "Restart"
 */
export function chooseSession(choice: SessionChoice, verb: string, act: (backend: Backend) => void): void {
  const running = choice.platform.running.filter(({ state }) => !isEnding(state)).reverse();
  const [only] = running;
  if (only === undefined) return choice.say('No backend is running.');
  if (running.length === 1) return act(only);
  askPage(choice, verb, act, running, 0);
}

function askPage(
  choice: SessionChoice,
  verb: string,
  act: (backend: Backend) => void,
  running: readonly Backend[],
  start: number,
): void {
  const { question, say, severalServices } = choice;
  const page = running.slice(start, start + PAGE_SIZE);
  const hasMore = running.length > PAGE_SIZE;
  const more = hasMore ? `, ${NEXT_PAGE} for more` : '';
  const asked = `${verb} which session? 1-${page.length}${more}; any other key: none`;
  say(asked, ...page.map((backend, index) => `  ${index + 1}  ${sessionName(backend, severalServices)}`));
  question.ask(asked, (key) => {
    if (hasMore && key === NEXT_PAGE) {
      const next = start + PAGE_SIZE;
      return askPage(choice, verb, act, running, next < running.length ? next : 0);
    }
    const chosen = /^[1-9]$/.test(key) ? page[Number(key) - 1] : undefined;
    if (chosen === undefined) say('None chosen.');
    // The session may have ended while the user was choosing.
    else if (isEnding(chosen.state)) say(`${sessionName(chosen, severalServices)} has ended.`);
    else act(chosen);
  });
}
