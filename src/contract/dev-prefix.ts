/** Paths of jamdev's own endpoints, which its command line uses; the platform has none below this prefix. */
export const DEV_PREFIX = '/_jamdev';

/** Where `jamdev serve` has jamdev's own endpoints of an account. */
export function servePrefix(account: string): string {
  return `${DEV_PREFIX}/account/${account}`;
}
