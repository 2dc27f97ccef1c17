import type { ProcessServiceConfig } from '../config/service-config.js';
import type { ChildRegister } from '../processes/child-register.js';
import { commandEnvironment } from '../processes/command-environment.js';
import { shellCommandLine } from '../processes/command-line.js';
import type { PipePool } from '../processes/pipe-pool.js';
import { explainStartFailure, type StartAttempt } from '../processes/start-failure.js';
import { type NodePreload, PRELOAD_PORT_VARIABLE, withPreload } from '../runtime/process/node-preload.js';
import { type BuildProcessEnd, runBuildProcess } from './build-process.js';
import { WRITES_FOLDER_VARIABLE } from './write-reports.js';

/** Lets the Node.js processes of a build report what they write. */
export interface BuildReports {
  preload: NodePreload;
  folder: string;
}

/** How a build command ended. */
export interface CommandOutcome {
  ok: boolean;
  /** What went wrong, in a few words, such as "exit code 2". */
  failure: string;
  lines: string[];
  /** See {@link BuildProcessEnd}. */
  lingering?: BuildProcessEnd['lingering'];
}

/**
 * Runs a service's build command to completion.
 * @param signal ends it, with everything it started
 * @param onLine receives output as it arrives
 * @param register records the process, so that it is found after a crash of this program
 * @param pipes provides the pipe for its output; default: a new one
 */
export async function runBuildCommand(
  command: string,
  { cwd, env, reports }: Pick<ProcessServiceConfig, 'cwd' | 'env'> & { reports?: BuildReports | undefined },
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
  pipes?: PipePool,
): Promise<CommandOutcome> {
  const attempt = {
    ...shellCommandLine(command),
    cwd,
    env: reportingEnvironment(commandEnvironment(cwd, env), reports),
  };
  const end = await runBuildProcess(attempt, signal, onLine, register, pipes);
  return { ok: end.code === 0, failure: describe(end, attempt), lines: end.lines, lingering: end.lingering };
}

function reportingEnvironment(env: NodeJS.ProcessEnv, reports: BuildReports | undefined): NodeJS.ProcessEnv {
  if (reports === undefined) return env;
  return {
    ...env,
    NODE_OPTIONS: withPreload(env.NODE_OPTIONS, reports.preload.path()),
    // A build has no port of its own, even if PORT is set.
    [PRELOAD_PORT_VARIABLE]: '',
    [WRITES_FOLDER_VARIABLE]: reports.folder,
  };
}

function describe({ code, signal, cause }: BuildProcessEnd, attempt: StartAttempt): string {
  if (cause !== undefined) {
    const { reason, remedy } = explainStartFailure(cause, attempt);
    return `it could not be started: ${reason}. ${remedy.replace(/\.$/, '')}`;
  }
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}
