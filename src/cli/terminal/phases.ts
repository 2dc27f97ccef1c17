import type { Status } from '../../contract/status.js';
import { formatDuration } from './duration.js';

/** A status, and when it began. */
export interface PhaseStart {
  status: Status;
  time: Date;
}

/**
 * How long a backend took to get ready, and where that time went: `327 ms: scheduled 2 ms, loading 3, waiting 322`.
 * A unit is written only where it differs from the one before.
 * @param history in order; what comes after `ready` does not matter
 * @returns undefined when it was never ready
 */
export function describePhases(history: readonly PhaseStart[]): string | undefined {
  const readyAt = history.findIndex(({ status }) => status === 'ready');
  const first = history[0];
  const ready = history[readyAt];
  if (first === undefined || ready === undefined) return undefined;
  let unitBefore = '';
  const phases = history.slice(0, readyAt).map(({ status, time }, index) => {
    const text = formatDuration((history[index + 1] ?? ready).time.getTime() - time.getTime());
    const [, number = text, unit = ''] = /^(\S+) (\S+)$/.exec(text) ?? [];
    const shown = unit === unitBefore ? number : text;
    unitBefore = unit;
    return `${status} ${shown}`;
  });
  return `${formatDuration(ready.time.getTime() - first.time.getTime())}: ${phases.join(', ')}`;
}
