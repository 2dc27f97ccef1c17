/** Runs a task once there is room for it. Settles as the task does. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** How many files to access at once. More would only wait for Node.js' four file system threads. */
export const FILES_AT_ONCE = 4;
/** Items to process before yielding to the event loop, in case no task has to wait. */
const ITEMS_PER_TURN = 500;

/**
 * Runs a task for each of very many items, a limited number at once. `Promise.all` would start all of them in one turn of
 * the event loop and keep everything they need in memory.
 * @returns the results, in the order of the items
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  maxAtOnce: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < items.length; index = next++) {
      if (index % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) await new Promise(setImmediate);
      results[index] = await task(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxAtOnce, items.length) }, work));
  return results;
}

/** Creates a limit on how many tasks run at once. The others wait in order. */
export function createLimit(maxAtOnce: number): Limit {
  // A Set, since removing the first element of a long array moves all the others.
  const waiting = new Set<() => void>();
  let running = 0;
  return async (task) => {
    if (running < maxAtOnce) running += 1;
    // A finished task hands its slot to the next waiter, so that no later caller can take it.
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
