import { channel, subscribe } from 'node:diagnostics_channel';

/** The parts of jamdev that the debug log distinguishes. */
export type DebugArea =
  | 'api'
  | 'builds'
  | 'cli'
  | 'config'
  | 'docker'
  | 'event'
  | 'logs'
  | 'plane'
  | 'platform'
  | 'ports'
  | 'processes'
  | 'proxy'
  | 'registry'
  | 'serve'
  | 'start'
  | 'state'
  | 'store'
  | 'system'
  | 'watch';

/** A decision, or a handled error. */
export interface DebugEntry {
  area: DebugArea;
  /** The decision; for an error, what jamdev was doing. */
  text: string;
  error?: unknown;
}

/**
 * Entries are published on a node:diagnostics_channel. Errors are handled in every part of jamdev, down to reading a file,
 * so passing a log to each of these places would be impractical.
 */
const CHANNEL = 'jamdev:debug';

/** Logs a decision. @param text called only if the debug log is on */
export function noteDecision(area: DebugArea, text: () => string): void {
  const debug = channel(CHANNEL);
  if (debug.hasSubscribers) debug.publish({ area, text: text() } satisfies DebugEntry);
}

/**
 * Logs an error that is handled here and not passed on.
 * @param doing the operation that failed, such as "removing a log"
 */
export function noteHandled(area: DebugArea, doing: string, error: unknown): void {
  const debug = channel(CHANNEL);
  if (debug.hasSubscribers && !isAnswer(error)) debug.publish({ area, text: doing, error } satisfies DebugEntry);
}

/** Returns a handler for `promise.catch()` that logs the error and resolves with `undefined`, or with another value. */
export function ignoreError(area: DebugArea, doing: string): (error: unknown) => undefined;
export function ignoreError<T>(area: DebugArea, doing: string, instead: T): (error: unknown) => T;
export function ignoreError<T>(area: DebugArea, doing: string, instead?: T): (error: unknown) => T | undefined {
  return (error) => {
    noteHandled(area, doing, error);
    return instead;
  };
}

/** Ignores an error in `promise.catch()` because another waiter of the same promise handles it. */
export function handledElsewhere(): undefined {
  return undefined;
}

/**
 * Whether an error only says that something does not exist or that nobody waits anymore. Such an error is a result, not a
 * problem.
 */
function isAnswer(error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH' || name === 'AbortError';
}

/** Calls a listener for every entry until the program ends. */
export function listenToDebugLog(listener: (entry: DebugEntry) => void): void {
  subscribe(CHANNEL, (entry) => listener(entry as DebugEntry));
}

/** Whether the debug log has a listener. */
export function isDebugLogOn(): boolean {
  return channel(CHANNEL).hasSubscribers;
}

/** Whether the variable JAMDEV_DEBUG turns the debug log on. */
export function wantsDebugLog({ JAMDEV_DEBUG: value }: NodeJS.ProcessEnv): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}
