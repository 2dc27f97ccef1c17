import type { Status } from '../../contract/status.js';
import type { StartKind } from '../../runtime/runtime.js';
import { formatDuration } from './duration.js';

/** Kinds of starts that are worth showing. */
const STARTS: Partial<Record<StartKind, string>> = { warm: '; warm start', pool: '; warm pool' };

/** A status and the time when it began. */
export interface PhaseStart {
  status: Status;
  time: Date;
}

/**
 * Describes how long a backend took to become ready, by phase: `327 ms: scheduled 2 ms, loading 3, waiting 322`. A unit
 * is shown only if it differs from the previous one.
 * @param history in order; statuses after `ready` are ignored
 * @param start how its process was started, if known
 * @returns undefined if the backend was never ready
 */
export function describePhases(history: readonly PhaseStart[], start?: StartKind): string | undefined {
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
  return `${formatDuration(ready.time.getTime() - first.time.getTime())}: ${phases.join(', ')}${STARTS[start ?? 'cold'] ?? ''}`;
}
