/** Counts answers and their response times. */
export function measureLoad() {
  /** @type {number[]} */
  const latenciesMs = [];
  return {
    /** @param {number} sentAtMs by `performance.now()`: when what is answered was sent */
    answered(sentAtMs) {
      latenciesMs.push(performance.now() - sentAtMs);
    },
    /**
     * Prints the result after some time from now, and ends the program.
     * @param {number} seconds
     */
    printAfter(seconds) {
      const startedAtMs = performance.now();
      setTimeout(() => {
        const perSecond = latenciesMs.length / ((performance.now() - startedAtMs) / 1000);
        const p99Ms = latenciesMs.sort((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? 0;
        console.log(JSON.stringify({ perSecond, p99Ms }));
        process.exit();
      }, seconds * 1000);
    },
  };
}
