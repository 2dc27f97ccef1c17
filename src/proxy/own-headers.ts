/**
 * Headers that say who a client is, which only the proxy may set (platform contract, "What a backend sees"). CGI and WSGI
 * servers fold other characters of a name into `_`, and so can't tell `X_Verified_Username` from the true one: every
 * spelling that any server folds counts as the name.
 */
const FORWARDED = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

/** Whether a header, in whatever spelling, is one that only the proxy may send to a backend. */
export function isProxysOwn(lowerCaseName: string): boolean {
  if (lowerCaseName.charCodeAt(0) !== 0x78 /* x */) return false;
  const folded = lowerCaseName.replace(/[^a-z0-9]/g, '-');
  return folded.startsWith('x-verified-') || FORWARDED.has(folded);
}
