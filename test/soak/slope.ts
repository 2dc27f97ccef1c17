export interface Point {
  x: number;
  y: number;
}

/** One-sided confidence of 99 percent, in standard deviations. */
const CONFIDENCE = 2.33;

/**
 * Estimates by how much y grows per x, by the median of the slopes between all pairs of points (Theil and Sen): a single
 * high or low point changes it little.
 * @returns the estimate, and the value that the slope exceeds with a confidence of 99 percent (Sen, 1968); undefined if no
 *   two points differ in x
 */
export function estimateSlope(points: readonly Point[]): { slope: number; atLeast: number } | undefined {
  const slopes = points
    .flatMap((one, index) => points.slice(index + 1).map((other) => (other.y - one.y) / (other.x - one.x)))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const count = points.length;
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const rank = Math.max(0, Math.floor((slopes.length - CONFIDENCE * deviation) / 2));
  const [slope, atLeast] = [slopes[Math.floor(slopes.length / 2)], slopes[rank]];
  return slope === undefined || atLeast === undefined ? undefined : { slope, atLeast };
}
