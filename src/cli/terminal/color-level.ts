/** How many colors a stream gets: none if it does not show them, or the user does not want them. */
export function colorLevel(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'getColorDepth'>): 0 | 1 | 2 | 3 {
  if (process.env.NO_COLOR || !stream.isTTY) return 0;
  const bits = stream.getColorDepth();
  return bits >= 24 ? 3 : bits >= 8 ? 2 : bits >= 4 ? 1 : 0;
}
