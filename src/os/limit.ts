/** Runs a task once there is room for it; resolves or rejects as the task does. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** Creates a limit on how many tasks run at once; the others wait in order. */
export function createLimit(maxAtOnce: number): Limit {
  // A Set, since taking the first of a long array moves all others.
  const waiting = new Set<() => void>();
  let running = 0;
  return async (task) => {
    if (running < maxAtOnce) running += 1;
    // A task that ends hands its place on, so that no later caller can take it.
    else await new Promise<void>((resolve) => waiting.add(resolve));
    try {
      return await task();
    } finally {
      const [next] = waiting;
      if (next === undefined) {
        running -= 1;
      } else {
        waiting.delete(next);
        next();
      }
    }
  };
}
