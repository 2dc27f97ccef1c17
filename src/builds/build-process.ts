import { randomUUID } from 'node:crypto';
import { execa } from 'execa';
import { LineSplitter } from '../logs/line-splitter.js';
import { pause } from '../os/clock.js';
import { handledElsewhere } from '../os/debug/debug-log.js';
import { ChildOutput } from '../processes/child-output.js';
import { ChildTree } from '../processes/child-tree.js';
import { describeStuck } from '../processes/describe-stuck.js';
import { PipePool } from '../processes/pipe-pool.js';
import { BUILD_ID_VARIABLE } from '../processes/process-snapshot.js';
import { Termination } from '../processes/termination.js';
import type { ChildRegister } from '../records/child-register.js';

/** How long each process of a build that became stale has to end after SIGTERM. */
const CANCEL_GRACE_MS = 2_000;
const LINGERING_MS = 10_000;
const LINGERING_PAUSE_MS = 100;
/** How much of a build's output is kept: the newest so many lines. */
const KEPT_LINES = 1_000;

/** The abort reason for an immediate end: this program exits now. */
export const KILL_AT_ONCE = Symbol('kill at once');

/** What to run for a build. */
export interface BuildProcess {
  file: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Absolute path of the file that it reads as its input; default: it has none. */
  input?: string;
  /** Makes a line fit to be shown; undefined leaves it out. */
  tidy?(line: string, isFirst: boolean): string | undefined;
}

/** How it ended. */
export interface BuildProcessEnd {
  /** null: a signal ended it, or it could not be started. */
  code: number | null;
  signal: string | null;
  /** Why it could not be started. */
  cause?: unknown;
  /** Its output, stdout and stderr together. */
  lines: string[];
  /** What it left running, known after reading the process table. */
  lingering: Promise<Lingering | undefined>;
}

/** Processes that outlive the build which started them. */
export interface Lingering {
  /** Resolves when they have ended, or are found to be daemons: a step in the background may still write files. */
  gone: Promise<void>;
}

const LOST = { code: null, signal: null } as const;

/**
 * Runs one process of a build to its end, in a process group of its own.
 * @param signal ends it, with everything it started
 * @param onLine receives its output as it comes
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
  // One pipe for both streams: with two, the order of lines would be lost.
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
  const subprocess = execa(file, [...args], {
    cwd,
    // By it, what leaves the group and loses its parents is found again.
    env: { ...env, ...register?.environment(), [BUILD_ID_VARIABLE]: id },
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    stdin: input === undefined ? 'ignore' : { file: input },
    stdout: output.stdio,
    stderr: output.stdio,
    all: true,
  });
  const { pid } = subprocess;
  if (pid === undefined) {
    output.discard();
    return { code: null, signal: null, cause: (await subprocess).cause, lines: [], lingering: NOTHING };
  }
  output.read(subprocess.all ?? null, (chunk) => splitter.push(chunk).forEach(take));
  // Its outcome comes through 'exit': execa's own promise waits for pipes that a daemon may hold forever.
  subprocess.catch(handledElsewhere);
  const exit = new Promise<Pick<BuildProcessEnd, 'code' | 'signal'>>((resolve) => {
    subprocess.once('exit', (code, exitSignal) => resolve({ code, signal: exitSignal }));
  });
  const tree = new ChildTree(id, pid, exit);
  void tree.identity().then(
    (root) => register?.note(root),
    () => undefined,
  );
  let stuck: Promise<string> | undefined;
  const termination = new Termination(tree, {
    givesUp: true,
    onStuck: (reason) => {
      stuck = describeStuck(reason);
    },
  });
  const cancel = () => {
    if (signal.reason === KILL_AT_ONCE) tree.killGroup();
    else termination.ask(CANCEL_GRACE_MS);
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  // One that outlives SIGKILL must not hold up the builds after it forever.
  const end = await Promise.race([exit, termination.over.then(() => (stuck === undefined ? exit : LOST))]);
  signal.removeEventListener('abort', cancel);
  if (termination.hasBegun) await termination.over;
  if (stuck !== undefined) onLine(await stuck);
  await output.finish();
  const rest = splitter.flush();
  if (rest !== undefined) take(rest);
  const lingering = termination.hasBegun ? NOTHING : lookForRest(tree);
  return { ...end, lines: lines.slice(-KEPT_LINES), lingering };
}

const NOTHING = Promise.resolve(undefined);

async function lookForRest(tree: ChildTree): Promise<Lingering | undefined> {
  return (await lives(tree)) ? { gone: untilGone(tree) } : undefined;
}

/** A process that runs longer than this is a daemon, not a step in the background. */
async function untilGone(tree: ChildTree): Promise<void> {
  const deadlineMs = performance.now() + LINGERING_MS;
  do await pause(LINGERING_PAUSE_MS);
  while (performance.now() < deadlineMs && (await lives(tree)));
}

async function lives(tree: ChildTree): Promise<boolean> {
  const sample = await tree.sample();
  return sample.known && sample.living.length > 0;
}
