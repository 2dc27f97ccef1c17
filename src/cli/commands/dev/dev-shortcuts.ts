import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { DevServer } from '../../../dev-server/dev-server.js';
import { openInBrowser } from '../../../os/open-browser.js';
import type { Backend } from '../../../platform/backend.js';
import { isEnding } from '../../../platform/backend-state.js';
import { counted } from '../../terminal/counted.js';
import type { KeyQuestion } from '../../terminal/key-question.js';
import type { LogFilter } from '../../terminal/log-filter.js';
import { type Shortcut, shortcutTable } from '../../terminal/shortcuts.js';

import { chooseSession, sessionName } from './choose-session.js';

/** The dependencies of the shortcuts. */
export interface ShortcutContext {
  server: DevServer;
  filter: LogFilter;
  question: KeyQuestion;
  /** Shows lines to the user who pressed the key. */
  say(...lines: string[]): void;
  /** Clears the screen. */
  clear(): void;
  /** Stops the dev server. */
  quit(): void;
}

/** Makes the shortcuts of `jamdev dev`, in the order of the help. */
export function makeShortcuts(context: ShortcutContext): Shortcut[] {
  const { server, filter, question, say } = context;
  const { platform, hotRebuild } = server.parts;
  const severalServices = server.config.services.length > 1;
  const choice = { platform, question, severalServices, say };
  const shortcuts: Shortcut[] = [
    { key: 'b', label: 'build', description: 'rebuild', action: () => void server.build('key b') },
    {
      key: 't',
      label: 'terminate',
      description: 'terminate all backends; asks first if there are several',
      action: () => terminateAll(context),
    },
    {
      key: 'e',
      label: 'end',
      description: 'end a session; asks which one if there are several',
      action: () =>
        chooseSession(choice, 'End', (backend) => endOne(backend, sessionName(backend, severalServices), say)),
    },
    {
      key: 'r',
      label: 'restart',
      description: 'restart the process of a session; asks which one if there are several',
      action: () => chooseSession(choice, 'Restart', (backend) => void restartOne(context, backend)),
    },
    {
      key: 's',
      label: 'spawn',
      description: 'spawn a backend without a key, and show its URL',
      action: () => void spawn(context),
    },
    {
      key: 'o',
      label: 'open',
      description: 'open the newest backend in the browser',
      action: () => void openNewest(context),
    },
    {
      key: 'l',
      label: 'log',
      description: 'show only the log of the next backend; after the last, show all',
      action: () => {
        filter.cycle(platform.running);
        const { only } = filter;
        say(only === undefined ? 'Log: all backends.' : `Log: ${only.displayName} only.`);
      },
    },
    ...(hotRebuild.watches
      ? [
          {
            key: 'p',
            label: 'pause',
            description: 'pause or resume watching for changes',
            action: () => {
              hotRebuild.togglePause();
              say(hotRebuild.paused ? 'Watching is paused.' : 'Watching for changes.');
            },
          },
        ]
      : []),
    { key: 'c', label: 'clear', description: 'clear the screen', action: context.clear },
    { key: 'h', label: 'help', description: 'show this help', action: () => say(...shortcutTable(shortcuts)) },
    { key: 'q', label: 'quit', description: 'stop, same as Ctrl-C', action: context.quit },
  ];
  return shortcuts;
}

function terminateAll({ server, question, say }: ShortcutContext): void {
  const { platform } = server.parts;
  const count = () => platform.running.filter(({ state }) => !isEnding(state)).length;
  const terminate = () => {
    const length = count();
    const nothing = platform.running.length === 0 ? 'No backend is running.' : 'All backends are already ending.';
    say(length === 0 ? nothing : `Ending ${counted(length, 'backend')}.`);
    void platform.terminateAll(false);
  };
  const length = count();
  if (length < 2) return terminate();
  const asked = `End all ${length} sessions? y: yes; any other key: no`;
  say(asked);
  question.ask(asked, (key) => (key === 'y' ? terminate() : say('No session was ended.')));
}

function endOne(backend: Backend, name: string, say: ShortcutContext['say']): void {
  say(`Ending ${name}.`);
  backend.terminate('external', false);
}

/** Restarts a session on the newest build, in the same way as a rebuild. */
async function restartOne({ server, say }: ShortcutContext, backend: Backend): Promise<void> {
  const { definition } = backend.identity.service;
  try {
    const build =
      backend.identity.image ?? (await server.parts.builder.current(definition ?? '', new AbortController().signal));
    backend.restart(build, 'key r');
  } catch (error) {
    say(...sentenceOf(error));
  }
}

async function spawn({ server, say }: ShortcutContext): Promise<void> {
  try {
    const { backend_id, url } = await server.connect();
    say(`Spawned ${backend_id}: ${url}`);
  } catch (error) {
    say(...sentenceOf(error));
  }
}

async function openNewest({ server, say }: ShortcutContext): Promise<void> {
  const newest = server.parts.platform.running.findLast(({ state }) => !isEnding(state));
  if (newest === undefined) return say('No backend is running. Press s to spawn one.');
  const { service, key } = newest.identity;
  const name = newest.displayName;
  try {
    // Each client gets its own connection token.
    const { url } = await server.connect({ service: service.name, key, spawn: false });
    if (await openInBrowser(url)) say(`Opening ${name} in the browser.`);
    else say(`No browser could be opened; the URL of ${name} is ${url}`);
  } catch (error) {
    say(...sentenceOf(error));
  }
}

function sentenceOf(error: unknown): string[] {
  if (error instanceof JamdevError) return error.sentence.split('\n');
  throw error;
}
