/** A text with U+FFFD for each half of a surrogate pair: Plane reads no JSON that has one, and no process could get it. */
export function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
