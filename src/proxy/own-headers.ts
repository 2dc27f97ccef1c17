/**
 * Headers that identify the client, which only the proxy may set (platform contract, "What a backend sees"). CGI and
 * WSGI servers fold other characters of a name into `_` and can't tell `X_Verified_Username` from the real header, so
 * every spelling that a server might fold counts as the same name.
 */
const FORWARDED = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

/** Whether a header, in any spelling, may be sent to a backend only by the proxy. */
export function isProxysOwn(lowerCaseName: string): boolean {
  if (lowerCaseName.charCodeAt(0) !== 0x78 /* x */) return false;
  const folded = lowerCaseName.replace(/[^a-z0-9]/g, '-');
  return folded.startsWith('x-verified-') || FORWARDED.has(folded);
}
