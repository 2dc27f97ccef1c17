/** An error answer of the engine. */
export class EngineError extends Error {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineError';
    this.status = status;
  }
}

/** Whether the engine does not have the container, image or network that was asked for. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}
