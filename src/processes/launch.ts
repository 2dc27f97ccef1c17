import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { noteHandled } from '../os/debug/debug-log.js';
import { classifyAncestor } from './package-runner.js';
import { argumentsOf, findProcess, hasProc, listProcesses } from './process-table.js';

/** A package runner that started this program and waits for it. */
export interface RunnerProcess {
  /** The name as typed: npx, npm, pnpm, yarn, bun. */
  name: string;
  pid: number;
  startId: string;
}

/** How this program was started. */
export interface Launch {
  /** The nearest first. There are several if a package.json script runs another one. */
  runners: RunnerProcess[];
  /**
   * Whether it should outlive the terminal. Node.js resets nohup's signal handling, so this is derived from the environment.
   */
  nohup: boolean;
}

/**
 * Finds the package runners among this process's ancestors, together with the shell that each starts for its command. The
 * search ends at a shell that a person or a script file controls, and at another session (setsid). A program started in such
 * a shell does not depend on the processes above it, although it inherits npm's variables.
 */
export async function findLaunch(env: NodeJS.ProcessEnv = process.env): Promise<Launch> {
  const runners: RunnerProcess[] = [];
  const session = sessionOf(process.pid);
  let shellLine: string | undefined;
  let isBelowProgram = false;
  // Without /proc, each lookup would run `ps`, so list all processes once.
  const all = hasProc() ? undefined : await listProcesses();
  for (let pid = process.ppid; pid > 1; ) {
    const entry = all === undefined ? await findProcess(pid) : all.find((each) => each.pid === pid);
    if (entry === undefined) break;
    const ancestor = classifyAncestor(await argumentsOf(pid));
    if (ancestor.kind === 'shell command') {
      // A fork of the same shell has the same command line. A shell inside another shell is controlled by someone.
      if (shellLine !== undefined && shellLine !== ancestor.line) break;
      shellLine = ancestor.line;
    } else if (ancestor.kind === 'runner' && sessionOf(pid) === session) {
      runners.push({ name: ancestor.name, pid, startId: entry.startId });
      shellLine = undefined;
    } else if (ancestor.kind === 'wrapper') {
      shellLine = undefined;
    } else {
      // A program started by nohup may itself start jamdev for other purposes. Then the nohup variable is only inherited.
      isBelowProgram = ancestor.kind === 'other' && shellLine === undefined;
      break;
    }
    pid = entry.ppid;
  }
  const nohup = !isBelowProgram && basename(env._ ?? '') === 'nohup';
  return { runners: nohup ? [] : runners, nohup };
}

/** Returns the session of a process, on Linux. setsid creates a new one. */
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
