import { ignoreError } from '../os/debug/debug-log.js';
import { findLaunch, type Launch, type RunnerProcess } from './launch.js';
import { findProcess, hasProc } from './process-table.js';
import { mayRun } from './signal.js';

const CHECK_INTERVAL_MS = 1_000;
/** If reading a start time takes another program (`ps`), only one in this many checks reads it. */
const CHECKS_PER_LOOK = 30;

/** Receives how this program was started, and the exit of its package runner. */
export interface LaunchListener {
  /** Called once with how it was started. */
  onFound?(launch: Launch): void;
  /** Called once when a package runner that started this program has exited. */
  onRunnerGone(runner: RunnerProcess): void;
}

/**
 * Watches the package runners that started this program. A runner that is killed does not take its command with it: npm
 * forwards SIGTERM only to the shell, and SIGKILL can't be forwarded. Never keeps the program alive.
 */
export function watchLaunch(listener: LaunchListener): void {
  let launch: Launch | undefined;
  let checks = 0;
  const check = async (): Promise<void> => {
    if (launch === undefined) {
      launch = await findLaunch();
      listener.onFound?.(launch);
    }
    checks += 1;
    for (const runner of launch.runners) {
      if (await isAlive(runner, checks % CHECKS_PER_LOOK === 1)) continue;
      clearInterval(timer);
      listener.onRunnerGone(runner);
      return;
    }
    if (launch.runners.length === 0) clearInterval(timer);
  };
  // A failed check, for example for lack of file descriptors, shows nothing. The next one may succeed.
  const tryCheck = () => void check().catch(ignoreError('processes', 'looking for the package runner'));
  const timer = setInterval(tryCheck, CHECK_INTERVAL_MS);
  timer.unref();
  tryCheck();
}

async function isAlive({ pid, startId }: RunnerProcess, look: boolean): Promise<boolean> {
  if (!hasProc() && !look) return mayRun(pid);
  const entry = await findProcess(pid);
  return entry?.startId === startId && !entry.zombie;
}
