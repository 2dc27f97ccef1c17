/** An error answer of the engine. */
export class EngineError extends Error {
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineError';
    this.status = status;
  }
}

/** Whether the engine does not have the requested container, image or network. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}
