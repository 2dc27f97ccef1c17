/** What the system called an error, as `ENOENT`; of an error that has no such code, its text. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM'];

/** Whether the system was short of something that any call needs: such an error tells nothing of what was looked at. */
export function isShortage(error: unknown): boolean {
  return SHORTAGES.includes((error as NodeJS.ErrnoException).code ?? '');
}
