import { channel, subscribe } from 'node:diagnostics_channel';

/** A part of jamdev, as the debug log names it. */
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

/** A decision, or an error that was handled. */
export interface DebugEntry {
  area: DebugArea;
  /** What was decided; with an error: what jamdev was doing. */
  text: string;
  error?: unknown;
}

/**
 * Entries travel on a channel of Node.js' own (node:diagnostics_channel): errors are handled in every part of jamdev, down
 * to reading a file, and none of these has to be passed a log for a program that wants to see them.
 */
const CHANNEL = 'jamdev:debug';

/** Notes what was decided. @param text made only when somebody listens */
export function noteDecision(area: DebugArea, text: () => string): void {
  const debug = channel(CHANNEL);
  if (debug.hasSubscribers) debug.publish({ area, text: text() } satisfies DebugEntry);
}

/**
 * Notes an error that is handled here and goes no further.
 * @param doing what failed, as in "removing a log"
 */
export function noteHandled(area: DebugArea, doing: string, error: unknown): void {
  const debug = channel(CHANNEL);
  if (debug.hasSubscribers && !isAnswer(error)) debug.publish({ area, text: doing, error } satisfies DebugEntry);
}

/** For `promise.catch()`: notes the error, and puts `undefined`, or another value, in its place. */
export function ignoreError(area: DebugArea, doing: string): (error: unknown) => undefined;
export function ignoreError<T>(area: DebugArea, doing: string, instead: T): (error: unknown) => T;
export function ignoreError<T>(area: DebugArea, doing: string, instead?: T): (error: unknown) => T | undefined {
  return (error) => {
    noteHandled(area, doing, error);
    return instead;
  };
}

/** For `promise.catch()`: the same error is handled where somebody else waits for the promise. */
export function handledElsewhere(): undefined {
  return undefined;
}

/** Whether an error only says that something is not there, or that nobody waits anymore: that is an answer, no trouble. */
function isAnswer(error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH' || name === 'AbortError';
}

/** Calls a listener for every entry from now on, until the program ends. */
export function listenToDebugLog(listener: (entry: DebugEntry) => void): void {
  subscribe(CHANNEL, (entry) => listener(entry as DebugEntry));
}

/** Whether somebody listens. */
export function isDebugLogOn(): boolean {
  return channel(CHANNEL).hasSubscribers;
}

/** Whether the variable JAMDEV_DEBUG asks for the debug log. */
export function wantsDebugLog({ JAMDEV_DEBUG: value }: NodeJS.ProcessEnv): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}
