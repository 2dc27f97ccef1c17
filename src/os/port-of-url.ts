/** The port that an `http:` URL leads to; of 80, the usual one, URLs don't tell. */
export function portOfUrl(url: string): number {
  return Number(new URL(url).port || 80);
}
