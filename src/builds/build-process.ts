import { randomUUID } from 'node:crypto';
import { LineSplitter } from '../logs/line-splitter.js';
import { ChildOutput } from '../processes/child-output.js';
import type { ChildRegister } from '../processes/child-register.js';
import { describeStuck } from '../processes/describe-stuck.js';
import { type Lingering, lookForRest } from '../processes/lingering.js';
import { PipePool } from '../processes/pipe-pool.js';
import { BUILD_ID_VARIABLE } from '../processes/process-snapshot.js';
import { ChildNotStarted, SupervisedChild } from '../processes/supervised-child.js';

/** How long each process of an outdated build has to exit after SIGTERM. */
const CANCEL_GRACE_MS = 2_000;
/** How many of the newest lines of a build's output are kept. */
const KEPT_LINES = 1_000;

/** The abort reason for killing a build immediately, because this program exits. */
export const KILL_AT_ONCE = Symbol('kill at once');

/** The process to run for a build. */
export interface BuildProcess {
  file: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Absolute path of the file for its standard input; default: no input. */
  input?: string;
  /** Cleans up a line for display; undefined drops it. */
  tidy?(line: string, isFirst: boolean): string | undefined;
}

/** How a build's process ended. */
export interface BuildProcessEnd {
  /** null if a signal ended it or it could not be started. */
  code: number | null;
  signal: string | null;
  /** Why it could not be started. */
  cause?: unknown;
  /** Its output, stdout and stderr together. */
  lines: string[];
  /** The processes that it left running. Resolves after the process table was read. */
  lingering: Promise<Lingering | undefined>;
}

const LOST = { code: null, signal: null } as const;

/**
 * Runs one process of a build to completion, in its own process group.
 * @param signal ends it, with everything it started
 * @param onLine receives output as it arrives
 * @param register records the process, so that it is found after a crash of this program
 * @param pipes provides the pipe for its output; default: a new one
 */
export async function runBuildProcess(
  { file, args, cwd, env, input, tidy = (line) => line }: BuildProcess,
  signal: AbortSignal,
  onLine: (line: string) => void,
  register?: ChildRegister,
  pipes: PipePool | undefined = undefined,
): Promise<BuildProcessEnd> {
  const pool = pipes ?? new PipePool();
  // One pipe for both streams: two pipes would lose the order of lines.
  const opening = ChildOutput.open(1, pool, () => undefined) as Promise<[ChildOutput]>;
  const [output] = await opening;
  if (pipes === undefined) pool.close();
  const lines: string[] = [];
  const splitter = new LineSplitter();
  const take = (raw: Buffer) => {
    const line = tidy(raw.toString('utf8'), lines.length === 0);
    if (line === undefined) return;
    lines.push(line);
    if (lines.length > KEPT_LINES * 2) lines.splice(0, lines.length - KEPT_LINES);
    onLine(line);
  };
  const id = `build-${randomUUID()}`;
  let child: SupervisedChild;
  try {
    // The id identifies processes that leave the group and lose their parents.
    const program = { file, args, cwd, env: { ...env, [BUILD_ID_VARIABLE]: id } };
    const onOutput = (_output: number, chunk: Buffer) => splitter.push(chunk).forEach(take);
    child = await SupervisedChild.start({ id, program, input, outputs: [output], onOutput }, register, {
      givesUp: true,
    });
  } catch (error) {
    output.discard();
    if (!(error instanceof ChildNotStarted)) throw error;
    return { ...LOST, cause: error.cause, lines: [], lingering: NOTHING };
  }
  const { termination, tree, exit } = child;
  const cancel = () => {
    if (signal.reason === KILL_AT_ONCE) child.killGroup();
    else termination.ask(CANCEL_GRACE_MS);
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  // A process that survives SIGKILL must not block later builds forever.
  const end = await Promise.race([exit, termination.over.then((stuck) => (stuck === undefined ? exit : LOST))]);
  signal.removeEventListener('abort', cancel);
  const stuck = termination.hasBegun ? await termination.over : undefined;
  if (stuck !== undefined) onLine(await describeStuck(stuck));
  await child.finishOutput();
  const rest = splitter.flush();
  if (rest !== undefined) take(rest);
  const lingering = termination.hasBegun ? NOTHING : lookForRest(tree);
  return { ...end, lines: lines.slice(-KEPT_LINES), lingering };
}

const NOTHING = Promise.resolve(undefined);
