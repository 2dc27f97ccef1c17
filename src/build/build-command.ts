import type { ProcessServiceConfig } from '../config/service-config.js';
import { LineSplitter } from '../logs/line-splitter.js';
import { commandEnvironment } from '../runtime/process/environment.js';
import { signalOne } from '../runtime/process/process-tree.js';

/** How long a build that became stale has to end after SIGTERM. */
const CANCEL_GRACE_MS = 2_000;
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
 */
export async function runBuildCommand(
  command: string,
  service: ProcessServiceConfig,
  signal: AbortSignal,
  onLine: (line: string) => void,
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
  const { pid } = subprocess;
  let force: NodeJS.Timeout | undefined;
  const cancel = () => {
    if (pid === undefined) return;
    signalOne(-pid, 'SIGTERM');
    force = setTimeout(() => signalOne(-pid, 'SIGKILL'), CANCEL_GRACE_MS);
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const result = await subprocess;
  signal.removeEventListener('abort', cancel);
  clearTimeout(force);
  // The shell is gone and so is everything that prints; what ignored SIGTERM in silence is still there.
  if (signal.aborted && pid !== undefined) signalOne(-pid, 'SIGKILL');
  const rest = splitter.flush();
  if (rest !== undefined) take(rest);
  return { ok: !result.failed, failure: describeFailure(result), lines: lines.slice(-KEPT_LINES) };
}

function describeFailure(result: {
  exitCode?: number | undefined;
  signal?: string | undefined;
  cause?: unknown;
}): string {
  if (result.signal !== undefined) return `ended by ${result.signal}`;
  if (result.exitCode !== undefined) return `exit code ${result.exitCode}`;
  return String((result.cause as Error | undefined)?.message ?? 'it could not be started');
}
