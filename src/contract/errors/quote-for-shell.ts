/** Quotes a path for a command line to copy, if the shell needs it. */
export function quoteForShell(path: string): string {
  return /^[\w./@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
