import { LineSplitter } from '../logs/line-splitter.js';
import { pause } from '../os/clock.js';
import { ChildTree } from '../processes/child-tree.js';
import { describeStuck } from '../processes/describe-stuck.js';
import { Termination } from '../processes/termination.js';
import type { ProcessRecord } from '../records/server-records.js';

/** How long each process of a build that became stale has to end after SIGTERM. */
const CANCEL_GRACE_MS = 2_000;
/** How long output may still come in after the end; more only if a daemon that was started holds the pipe. */
const OUTPUT_DRAIN_MS = 500;
/** How much of a build's output is kept: the newest so many lines. */
const KEPT_LINES = 1_000;

/** The reason of an abort that leaves no time: this program ends now. */
export const KILL_AT_ONCE = Symbol('kill at once');

/** What to run for a build. */
export interface BuildProcess {
  file: string;
  args: readonly string[];
  /** Let the shell read `file` as a command line. */
  shell: boolean;
  cwd: string;
  env: NodeJS.ProcessEnv;
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
}

const LOST = { code: null, signal: null } as const;

/**
 * Runs one process of a build to its end, in a process group of its own.
 * @param signal ends it, with everything it started
 * @param onLine receives its output as it comes
 * @param noteProcess told of the process, to be found again after a crash of this program
 */
export async function runBuildProcess(
  { file, args, shell, cwd, env, tidy = (line) => line }: BuildProcess,
  signal: AbortSignal,
  onLine: (line: string) => void,
  noteProcess: (record: ProcessRecord) => void = () => undefined,
): Promise<BuildProcessEnd> {
  const { execa } = await import('execa');
  const lines: string[] = [];
  const splitter = new LineSplitter();
  const take = (raw: Buffer) => {
    const line = tidy(raw.toString('utf8'), lines.length === 0);
    if (line === undefined) return;
    lines.push(line);
    if (lines.length > KEPT_LINES * 2) lines.splice(0, lines.length - KEPT_LINES);
    onLine(line);
  };
  const subprocess = execa(file, [...args], {
    cwd,
    env,
    extendEnv: false,
    shell,
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    all: true,
  });
  subprocess.all.on('data', (chunk: Buffer) => splitter.push(chunk).forEach(take));
  const outputEnded = new Promise<void>((resolve) => subprocess.all.once('close', resolve));
  const { pid } = subprocess;
  if (pid === undefined) return { code: null, signal: null, cause: (await subprocess).cause, lines: [] };
  // Its outcome comes through 'exit': execa's own promise waits for pipes that a daemon may hold for ever.
  subprocess.catch(() => undefined);
  const exit = new Promise<Pick<BuildProcessEnd, 'code' | 'signal'>>((resolve) => {
    subprocess.once('exit', (code, exitSignal) => resolve({ code, signal: exitSignal }));
  });
  const tree = new ChildTree(`build-${pid}`, pid, exit);
  void tree.identity().then(noteProcess, () => undefined);
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
  // One that outlives SIGKILL must not hold up the builds after it for ever.
  const end = await Promise.race([exit, termination.over.then(() => (stuck === undefined ? exit : LOST))]);
  signal.removeEventListener('abort', cancel);
  if (termination.hasBegun) await termination.over;
  if (stuck !== undefined) onLine(await stuck);
  await Promise.race([outputEnded, pause(OUTPUT_DRAIN_MS)]);
  subprocess.all.destroy();
  const rest = splitter.flush();
  if (rest !== undefined) take(rest);
  return { ...end, lines: lines.slice(-KEPT_LINES) };
}
