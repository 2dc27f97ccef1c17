import { untilEvent } from '../os/until-event.js';
import type { Backend } from './backend.js';
import type { BackendState } from './backend-state.js';
import type { UsageInterval } from './usage-gauge.js';

/**
 * Yields every state of a backend so far, in order, then live ones. Ends after `terminated`, or when the signal aborts.
 */
export async function* followStates(backend: Backend, signal: AbortSignal): AsyncGenerator<BackendState, void> {
  for (let index = 0; !signal.aborted; index += 1) {
    while (backend.history.length <= index && !signal.aborted) await untilEvent(backend.events, ['state'], signal);
    const state = backend.history[index];
    if (state === undefined) return;
    yield state;
    if (state.status === 'terminated') return;
  }
}

/**
 * Yields about every second what a backend has used in the meantime, until it has terminated. A slow consumer gets only
 * the newest interval.
 */
export async function* followUsage(backend: Backend, signal: AbortSignal): AsyncGenerator<UsageInterval, void> {
  let newest: UsageInterval | undefined;
  let wake: () => void = () => undefined;
  const isOver = () => signal.aborted || backend.state.status === 'terminated';
  if (isOver()) return;
  const unwatch = backend.usage.watch((interval) => {
    newest = interval;
    wake();
  });
  const onState = () => wake();
  backend.events.on('state', onState);
  signal.addEventListener('abort', onState);
  try {
    while (!isOver()) {
      const interval = newest;
      newest = undefined;
      if (interval !== undefined) {
        yield interval;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    unwatch();
    backend.events.off('state', onState);
    signal.removeEventListener('abort', onState);
  }
}
