/** Returns the color level of a stream: 0 if it does not support colors, or the user turned them off. */
export function colorLevel(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'getColorDepth'>): 0 | 1 | 2 | 3 {
  if (process.env.NO_COLOR || !stream.isTTY) return 0;
  const bits = stream.getColorDepth();
  return bits >= 24 ? 3 : bits >= 8 ? 2 : bits >= 4 ? 1 : 0;
}
