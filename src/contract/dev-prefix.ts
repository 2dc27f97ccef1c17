/** Path prefix of jamdev's own endpoints, which its command line uses; the platform has none below it. */
export const DEV_PREFIX = '/_jamdev';

/** Returns the path prefix of jamdev's own endpoints for an account of `jamdev serve`. */
export function servePrefix(account: string): string {
  return `${DEV_PREFIX}/account/${account}`;
}
