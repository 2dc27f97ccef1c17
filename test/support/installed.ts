import { execFileSync } from 'node:child_process';

/** Whether a command is installed on this machine. */
export function isInstalled(command: string): boolean {
  return findProgram(command) !== undefined;
}

/** @returns the path of a command; undefined if it is not installed */
export function findProgram(command: string): string | undefined {
  try {
    const stdio: 'pipe'[] = ['pipe', 'pipe', 'pipe'];
    return execFileSync('sh', ['-c', `command -v ${command}`], { stdio, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
