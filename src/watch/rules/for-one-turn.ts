/**
 * Keeps a value for one turn of the event loop. The packages that match ignore rules remember every path they were
 * asked about for as long as they live; a copy that lives for one turn bounds that.
 * @returns a function that gives the value, made when it is first asked for in a turn
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
