/** How a command is started. */
export interface CommandLine {
  file: string;
  args: string[];
}

/**
 * Splits a command that is a plain list of words, so that it starts without a shell in between: one process fewer, and
 * signals reach the program itself. Anything with quotes, variables, operators and the like is the shell's.
 * @returns undefined when the command needs the shell
 */
export function splitPlainCommand(command: string): CommandLine | undefined {
  const words = command.trim().split(/[ \t]+/);
  const file = words[0];
  if (file === undefined || file === '' || file.includes('=') || SHELL_WORDS.has(file)) return undefined;
  if (!words.every((word) => /^[\w./:@%+,=-]+$/.test(word))) return undefined;
  return { file, args: words.slice(1) };
}

/** A command that the shell reads, as Node.js starts it with `shell: true`. */
export function shellCommandLine(command: string): CommandLine {
  return { file: '/bin/sh', args: ['-c', command] };
}

/** Words that only a shell knows. */
const SHELL_WORDS = new Set(
  '. : [ alias bg break case cd command continue do done elif else esac eval exec exit export fg fi for function getopts hash if jobs local read readonly return select set shift source then time times trap type ulimit umask unalias unset until wait while'.split(
    ' ',
  ),
);
