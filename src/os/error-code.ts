/** Returns the system's code of an error, such as `ENOENT`, or the error's text if it has no code. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM'];

/**
 * Whether the system was short of a resource that every call needs. Such an error says nothing about the file or port in
 * question.
 */
export function isShortage(error: unknown): boolean {
  return SHORTAGES.includes((error as NodeJS.ErrnoException).code ?? '');
}
