import type { ProcessServiceConfig } from '../config/service-config.js';
import { LineSplitter } from '../logs/line-splitter.js';
import { pause } from '../os/clock.js';
import type { ProcessRecord } from '../records/server-records.js';
import { commandEnvironment } from '../runtime/process/environment.js';
import { identify, signalOne } from '../runtime/process/process-tree.js';

/** How long a build that became stale has to end after SIGTERM. */
const CANCEL_GRACE_MS = 2_000;
/** How long output may still come in after the end; more only if a daemon that was started holds the pipe. */
const OUTPUT_DRAIN_MS = 500;
/** How much of a build's output is kept: the newest so many lines. */
const KEPT_LINES = 1_000;

/** How a build command ended. */
export interface CommandOutcome {
  ok: boolean;
  /** What went wrong, in a few words: "exit code 2". */
  failure: string;
  lines: string[];
}

/**
 * Runs a service's build command to its end, in a process group of its own.
 * @param signal ends it, with everything it started
 * @param onLine receives its output as it comes
 * @param noteProcess told of the process, to be found again after a crash of this program
 */
export async function runBuildCommand(
  command: string,
  service: ProcessServiceConfig,
  signal: AbortSignal,
  onLine: (line: string) => void,
  noteProcess: (record: ProcessRecord) => void = () => undefined,
): Promise<CommandOutcome> {
  const { execa } = await import('execa');
  const lines: string[] = [];
  const splitter = new LineSplitter();
  const take = (line: Buffer) => {
    lines.push(line.toString('utf8'));
    if (lines.length > KEPT_LINES * 2) lines.splice(0, lines.length - KEPT_LINES);
    onLine(line.toString('utf8'));
  };
  const subprocess = execa(command, {
    cwd: service.cwd,
    env: commandEnvironment(service.cwd, service.env),
    extendEnv: false,
    shell: true,
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    all: true,
  });
  subprocess.all.on('data', (chunk: Buffer) => splitter.push(chunk).forEach(take));
  const outputEnded = new Promise<void>((resolve) => subprocess.all.once('close', resolve));
  const { pid } = subprocess;
  if (pid === undefined) return { ok: false, failure: describeLaunch((await subprocess).cause), lines: [] };
  // Its outcome comes through 'exit': execa's own promise waits for pipes that a daemon may hold for ever.
  subprocess.catch(() => undefined);
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    subprocess.once('exit', (code, exitSignal) => resolve({ code, signal: exitSignal }));
  });
  void identify(`build-${pid}`, pid).then(noteProcess, () => undefined);
  let force: NodeJS.Timeout | undefined;
  const cancel = () => {
    signalOne(-pid, 'SIGTERM');
    force = setTimeout(() => signalOne(-pid, 'SIGKILL'), CANCEL_GRACE_MS);
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const { code, signal: exitSignal } = await exit;
  signal.removeEventListener('abort', cancel);
  clearTimeout(force);
  // The shell is gone; what ignored SIGTERM in silence is still there.
  if (signal.aborted) signalOne(-pid, 'SIGKILL');
  await Promise.race([outputEnded, pause(OUTPUT_DRAIN_MS)]);
  subprocess.all.destroy();
  const rest = splitter.flush();
  if (rest !== undefined) take(rest);
  const failure = exitSignal === null ? `exit code ${code}` : `ended by ${exitSignal}`;
  return { ok: code === 0, failure, lines: lines.slice(-KEPT_LINES) };
}

function describeLaunch(cause: unknown): string {
  return `it could not be started: ${cause instanceof Error ? cause.message : String(cause)}`;
}
