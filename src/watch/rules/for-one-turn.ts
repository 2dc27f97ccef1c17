/**
 * Keeps a value for one turn of the event loop. The packages that match ignore rules remember every path they have checked
 * for as long as they live, so a new copy per turn bounds their memory.
 * @returns a function that returns the value, which is made on the first call in a turn
 */
export function forOneTurn<T>(make: () => T): () => T {
  let value: { kept: T } | undefined;
  return () => {
    if (value === undefined) {
      value = { kept: make() };
      setImmediate(() => {
        value = undefined;
      });
    }
    return value.kept;
  };
}
