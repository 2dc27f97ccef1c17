/** Describes changed files for a person: `changed: server.ts (+2 more)`. */
export function describeFiles(files: readonly string[]): string {
  const more = files.length > 1 ? ` (+${files.length - 1} more)` : '';
  return `changed: ${files[0] ?? ''}${more}`;
}
