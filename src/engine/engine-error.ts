/** What the engine itself answered to a request that it refused or that failed. */
export class EngineError extends Error {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineError';
    this.status = status;
  }
}

/** Whether the engine has no container, image or network of the name it was asked about. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}
