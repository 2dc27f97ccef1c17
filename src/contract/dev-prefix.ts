/** Path prefix of jamdev's own endpoints, which its command line uses; the platform has none below it. */
export const DEV_PREFIX = '/_jamdev';

/** Path prefix of jamdev's own endpoints of an account in `jamdev serve`. */
export function servePrefix(account: string): string {
  return `${DEV_PREFIX}/account/${account}`;
}
