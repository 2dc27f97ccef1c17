/** Returns the port of an `http:` URL. URLs leave out the default port, 80. */
export function portOfUrl(url: string): number {
  return Number(new URL(url).port || 80);
}
