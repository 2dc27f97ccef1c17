import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { classifyAncestor } from './package-runner.js';
import { argumentsOf, findProcess, hasProc, listProcesses } from './process-table.js';

/** A package runner that started this program and waits for it. */
export interface RunnerProcess {
  /** As typed: npx, npm, pnpm, yarn, bun. */
  name: string;
  pid: number;
  startId: string;
}

/** How this program was started. */
export interface Launch {
  /** The nearest first; several when a script of package.json runs another one. */
  runners: RunnerProcess[];
  /** It is meant to outlive the terminal. Node.js undoes what nohup sets up, so that this shows only in its traces. */
  nohup: boolean;
}

/**
 * Looks at the ancestors of this process: package runners, with the shell that each starts for its command. A shell that
 * a person or a script file drives ends the look, so that what is started in it is bound to nothing above it, although
 * it inherits npm's variables; so does a session of its own (setsid).
 */
export async function findLaunch(env: NodeJS.ProcessEnv = process.env): Promise<Launch> {
  const runners: RunnerProcess[] = [];
  const session = sessionOf(process.pid);
  let shellLine: string | undefined;
  let isBelowProgram = false;
  // Without /proc every look is a run of `ps`.
  const all = hasProc() ? undefined : await listProcesses();
  for (let pid = process.ppid; pid > 1; ) {
    const entry = all === undefined ? await findProcess(pid) : all.find((each) => each.pid === pid);
    if (entry === undefined) break;
    const ancestor = classifyAncestor(await argumentsOf(pid));
    if (ancestor.kind === 'shell command') {
      // A fork of the same shell has the same command line; a shell in a shell is one that somebody drives.
      if (shellLine !== undefined && shellLine !== ancestor.line) break;
      shellLine = ancestor.line;
    } else if (ancestor.kind === 'runner' && sessionOf(pid) === session) {
      runners.push({ name: ancestor.name, pid, startId: entry.startId });
      shellLine = undefined;
    } else if (ancestor.kind === 'wrapper') {
      shellLine = undefined;
    } else {
      // A program that nohup started may start this one for purposes of its own: its variable is only inherited.
      isBelowProgram = ancestor.kind === 'other' && shellLine === undefined;
      break;
    }
    pid = entry.ppid;
  }
  const nohup = !isBelowProgram && basename(env._ ?? '') === 'nohup';
  return { runners: nohup ? [] : runners, nohup };
}

/** The session of a process, on Linux: what setsid makes a new one of. */
function sessionOf(pid: number): string | undefined {
  if (!hasProc()) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
  } catch (error) {
    noteHandled('processes', 'reading the session of a process', error);
    return undefined;
  }
}
