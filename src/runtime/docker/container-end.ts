import type { DeathEvent } from './container-events.js';
import type { NetworkPlace } from './own-address.js';

const SIGKILL_CODE = 137;

/** The engine's report about the state of a container. */
export interface ContainerState {
  Running: boolean;
  ExitCode: number;
  OOMKilled: boolean;
  FinishedAt: string;
}

/** The used parts of a container's inspection. */
export interface ContainerInspection {
  State: ContainerState & { Pid: number };
  NetworkSettings: { Ports?: Record<string, { HostPort: string }[] | null>; Networks?: Record<string, NetworkPlace> };
}

/** How a container ended. */
export interface ContainerEnd {
  /** Undefined if the engine was lost, and the fate of the container is unknown. */
  exitCode: number | undefined;
  outOfMemory: boolean;
  /** Whether the container had ended before jamdev asked it to. */
  onItsOwn: boolean;
}

/** The first request of this process to end a container. */
export interface Demand {
  how: 'soft' | 'hard';
  /** Time of `performance.now()`. */
  atMs: number;
  /** Milliseconds since the epoch. */
  wallMs: number;
}

/**
 * Determines the end of a container from the engine's event alone. The engine answers requests about the container only
 * a tenth of a second later, after it has cleaned up.
 * @param isSeen whether the container's first process was visible to this process
 * @returns undefined if only the engine can tell
 */
export function endSaidBy(
  event: DeathEvent | undefined,
  asked: Demand | undefined,
  { ranOutOfMemory, isSeen }: { ranOutOfMemory: boolean; isSeen: boolean },
): ContainerEnd | undefined {
  if (event === undefined || Number.isNaN(event.exitCode)) return undefined;
  const { exitCode } = event;
  const wasKilled = exitCode === SIGKILL_CODE;
  // It was killed, but not by this process, so the engine may know the reason.
  if (asked === undefined && wasKilled && !ranOutOfMemory) return undefined;
  // Only its visible process can show whether it had already ended before the request.
  if (asked?.how === 'soft' && !isSeen) return undefined;
  const onItsOwn = asked === undefined || (asked.how === 'hard' && !wasKilled);
  return { exitCode, outOfMemory: ranOutOfMemory, onItsOwn };
}

/**
 * Whether a container ended before its termination, by the engine's times, if its process is not visible. The engine
 * records the time of an end up to a few milliseconds late, so a crash right before the termination counts as caused by
 * it. The clock of another machine (such as Docker Desktop's) differs from this one, but both can measure how long ago
 * the end was.
 * @param seenAtMs when the event arrived, in the time of `performance.now()`
 */
export function endedOnItsOwn(
  { ExitCode, FinishedAt }: ContainerState,
  event: DeathEvent | undefined,
  asked: Demand | undefined,
  { sharesKernel, seenAtMs }: { sharesKernel: boolean; seenAtMs: number },
): boolean {
  // An exit code other than SIGKILL's can't be the result of a SIGKILL.
  if (asked === undefined || (asked.how === 'hard' && ExitCode !== SIGKILL_CODE)) return true;
  const finishedMs = preciseTime(FinishedAt);
  if (sharesKernel) return finishedMs < asked.wallMs;
  return event !== undefined && event.engineMs - finishedMs > seenAtMs - asked.atMs;
}

/** Parses a time to milliseconds since the epoch with a fraction, since the engine reports nanoseconds. */
function preciseTime(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0';
  const seconds = Date.parse(time.replace(/\.\d+/, ''));
  return seconds + Number(`0.${fraction}`) * 1_000;
}
