import { relative, sep } from 'node:path';

/**
 * How a person calls jamdev from where they are: a line to copy has to work as it stands.
 * @param script the running program's script, `process.argv[1]` with links resolved
 */
export function ownCommand(script: string, cwd: string): string {
  return script.includes(`${sep}node_modules${sep}`) ? 'npx jamdev' : `node ${quoted(relative(cwd, script))}`;
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
