import type { DeathEvent } from './container-events.js';
import type { NetworkPlace } from './own-address.js';

const SIGKILL_CODE = 137;

/** The state of a container, as the engine reports it. */
export interface ContainerState {
  Running: boolean;
  ExitCode: number;
  OOMKilled: boolean;
  FinishedAt: string;
}

/** The part of a container's inspection that is needed. */
export interface ContainerInspection {
  State: ContainerState & { Pid: number };
  NetworkSettings: { Ports?: Record<string, { HostPort: string }[] | null>; Networks?: Record<string, NetworkPlace> };
}

/** How a container ended. */
export interface ContainerEnd {
  /** undefined: the engine was lost, and what became of the container is not known. */
  exitCode: number | undefined;
  outOfMemory: boolean;
  /** It had ended by itself before anyone asked it to. */
  onItsOwn: boolean;
}

/** When this program first asked a container to end, and how. */
export interface Demand {
  how: 'soft' | 'hard';
  /** By `performance.now()`. */
  atMs: number;
  /** Since 1970. */
  wallMs: number;
}

/**
 * What the event alone says of the end. The engine does not answer a question about the container until it has cleaned up
 * behind it, a tenth of a second later.
 * @param isSeen whether its first process was seen from here
 * @returns undefined: only the engine can tell
 */
export function endSaidBy(
  event: DeathEvent | undefined,
  asked: Demand | undefined,
  { ranOutOfMemory, isSeen }: { ranOutOfMemory: boolean; isSeen: boolean },
): ContainerEnd | undefined {
  if (event === undefined || Number.isNaN(event.exitCode)) return undefined;
  const { exitCode } = event;
  const wasKilled = exitCode === SIGKILL_CODE;
  // Nobody here killed it, so the engine may know who did.
  if (asked === undefined && wasKilled && !ranOutOfMemory) return undefined;
  // Whether it had ended before it was asked is seen at its process.
  if (asked?.how === 'soft' && !isSeen) return undefined;
  const onItsOwn = asked === undefined || (asked.how === 'hard' && !wasKilled);
  return { exitCode, outOfMemory: ranOutOfMemory, onItsOwn };
}

/**
 * Where its process can't be seen, the engine's times tell whether it ended before the termination. The engine takes the
 * time of an end up to a few milliseconds late, so a crash in the very last ones counts as caused by the termination.
 * The clock of another machine (such as Docker Desktop's) differs from the one here, but both measure how long ago it was.
 * @param seenAtMs when the event came, by `performance.now()`
 */
export function endedOnItsOwn(
  { ExitCode, FinishedAt }: ContainerState,
  event: DeathEvent | undefined,
  asked: Demand | undefined,
  { sharesKernel, seenAtMs }: { sharesKernel: boolean; seenAtMs: number },
): boolean {
  // A code other than that of SIGKILL does not come from SIGKILL.
  if (asked === undefined || (asked.how === 'hard' && ExitCode !== SIGKILL_CODE)) return true;
  const finishedMs = preciseTime(FinishedAt);
  if (sharesKernel) return finishedMs < asked.wallMs;
  return event !== undefined && event.engineMs - finishedMs > seenAtMs - asked.atMs;
}

/** Milliseconds since 1970, with their fraction: the engine reports nanoseconds. */
function preciseTime(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0';
  const seconds = Date.parse(time.replace(/\.\d+/, ''));
  return seconds + Number(`0.${fraction}`) * 1_000;
}
