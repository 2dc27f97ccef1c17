/** How many colours a stream gets: none where nobody sees them, or nobody wants them. */
export function colourLevel(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'getColorDepth'>): 0 | 1 | 2 | 3 {
  if (process.env.NO_COLOR || !stream.isTTY) return 0;
  return stream.getColorDepth() >= 24 ? 3 : stream.getColorDepth() >= 8 ? 2 : 1;
}
