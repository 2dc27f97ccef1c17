/** Quotes a path for a command line to copy, if a shell needs that. */
export function quoteForShell(path: string): string {
  return /^[\w./@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
