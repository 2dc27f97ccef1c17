/** Says how many sessions run an earlier image than their environment is set to. */
export function sayEarlier(count: number): string {
  return count === 1 ? '1 session runs an earlier image' : `${count} sessions run an earlier image`;
}
