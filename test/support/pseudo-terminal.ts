import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { isInstalled } from './installed.js';
import { ROOT } from './project.js';

/**
 * Tests in a pseudo-terminal, made by `script` of Linux and macOS. Without it they are skipped, or fail if
 * JAMDEV_REQUIRE_TERMINAL=1 is set.
 */
export const describeTerminal = describe.skipIf(!isInstalled('script') && process.env.JAMDEV_REQUIRE_TERMINAL !== '1');

export interface PseudoTerminal {
  /** Everything printed so far. */
  screen: () => string;
  press: (keys: string) => void;
  exit: Promise<number | null>;
  process: ChildProcess;
}

/** Runs `jamdev ...args` in a pseudo-terminal, which ends with the test. */
export function openTerminal(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): PseudoTerminal {
  const words = [process.execPath, join(ROOT, 'bin', 'jamdev.js'), ...args].map((word) => `'${word}'`);
  // `exec` with a shell that every machine has: a shell that stays in between may die from a Ctrl-C and answer for
  // jamdev.
  const line = `exec ${words.join(' ')}`;
  const ofScript = process.platform === 'linux' ? ['-qefc', line, '/dev/null'] : ['-q', '/dev/null', 'sh', '-c', line];
  // Variables about colors on the machine that runs the tests must not have an effect here.
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
  const child = spawn('script', ofScript, {
    cwd,
    env: { ...inherited, SHELL: '/bin/sh', TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    screen += text;
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  return { screen: () => screen, press: (keys) => void child.stdin.write(keys), exit, process: child };
}
