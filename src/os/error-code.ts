/** What the system called an error, as `ENOENT`; of an error that has no such code, its text. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
