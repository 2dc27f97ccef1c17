import { existsSync } from 'node:fs';
import type { ProcessServiceConfig } from '../config/service-config.js';
import { problem } from '../contract/errors.js';
import type { PipePool } from '../processes/pipe-pool.js';
import type { ChildRegister } from '../records/child-register.js';
import { commandEnvironment } from '../runtime/process/environment.js';
import { type BuildProcessEnd, runBuildProcess } from './build-process.js';

/** How a build command ended. */
export interface CommandOutcome {
  ok: boolean;
  /** What went wrong, in a few words: "exit code 2". */
  failure: string;
  lines: string[];
}

/**
 * Runs a service's build command to its end.
 * @param signal ends it, with everything it started
 * @param onLine receives its output as it comes
 * @param register knows the process, to be found again after a crash of this program
 * @param pipes where the pipe for its output comes from; default: one is made
 */
export async function runBuildCommand(
  command: string,
  { cwd, env }: Pick<ProcessServiceConfig, 'cwd' | 'env'>,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
  pipes?: PipePool,
): Promise<CommandOutcome> {
  const spec = { file: command, args: [], shell: true, cwd, env: commandEnvironment(cwd, env) };
  const end = await runBuildProcess(spec, signal, onLine, register, pipes);
  return { ok: end.code === 0, failure: describe(end, cwd), lines: end.lines };
}

function describe({ code, signal, cause }: BuildProcessEnd, cwd: string): string {
  // The system says that there is no shell.
  if (cause !== undefined && !existsSync(cwd)) return problem.folderMissing(cwd).message.replace(/\.$/, '');
  if (cause !== undefined) return `it could not be started: ${cause instanceof Error ? cause.message : String(cause)}`;
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}
