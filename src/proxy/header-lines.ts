/** Headers as sent on the wire: name, value, name, value, with order and case kept, as in Node.js's `rawHeaders`. */
export type HeaderLines = readonly string[];

/** The same rules that Node.js applies when it writes headers, so that it never gets one that it would throw on. */
const WRITABLE_NAME = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const UNWRITABLE_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** Calls back for every header, passing its name in lower case first. */
export function forEachHeader(
  lines: HeaderLines,
  visit: (lowerCaseName: string, value: string, name: string) => void,
): void {
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index] as string;
    visit(name.toLowerCase(), lines[index + 1] as string, name);
  }
}

/** Reads a header that is a list, such as `Connection`, from all its lines. @returns its items in lower case */
export function readList(lines: HeaderLines, lowerCaseName: string): string[] {
  const items: string[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index] as string;
    if (name.length !== lowerCaseName.length || name.toLowerCase() !== lowerCaseName) continue;
    for (const item of (lines[index + 1] as string).split(',')) {
      const trimmed = item.trim();
      if (trimmed !== '') items.push(trimmed.toLowerCase());
    }
  }
  return items;
}

/** Finds a header that can't be written. @returns what is wrong with it; undefined when all can be written */
export function findUnwritable(lines: HeaderLines): string | undefined {
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const name = lines[index] as string;
    if (!WRITABLE_NAME.test(name)) return `the header name ${JSON.stringify(name)} is not a token`;
    if (hasControlCharacter(lines[index + 1] as string)) return `the header ${name} has a control character`;
  }
  return undefined;
}

const BEYOND_ASCII = /[\u0080-\u00ff]/;

/**
 * Moves `Content-Length` behind a `Content-Disposition` that has bytes beyond ASCII. Once Node.js has written a length,
 * it takes the value of that header for UTF-8 and corrupts or refuses it (nodejs/node#46528).
 */
export function putLengthBehindDisposition(lines: string[]): string[] {
  let isBroken = false;
  forEachHeader(lines, (name, value) => {
    if (name === 'content-disposition' && BEYOND_ASCII.test(value)) isBroken = true;
  });
  if (!isBroken) return lines;
  const [before, length]: [string[], string[]] = [[], []];
  forEachHeader(lines, (lowerCaseName, value, name) => {
    (lowerCaseName === 'content-length' ? length : before).push(name, value);
  });
  return [...before, ...length];
}

/** Whether a text has a character that is not allowed in a header or a reason phrase. */
export function hasControlCharacter(text: string): boolean {
  return UNWRITABLE_VALUE.test(text);
}

/**
 * Headers that apply to one connection only (RFC 9110, section 7.6.1), in addition to the headers listed in
 * `Connection`.
 */
const CONNECTION_HEADERS = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'http2-settings']);
/** Headers that `Connection` can't remove, since they decide where a message ends and for whom it is. */
const NEVER_NOMINATED = new Set(['content-length', 'transfer-encoding', 'trailer', 'host', 'expect']);

/**
 * Makes a test for the headers that are not forwarded beyond this connection.
 * @param connection the value of `Connection`, all lines joined
 */
export function connectionHeaderTest(connection: string | undefined): (lowerCaseName: string) => boolean {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return isConnectionHeader;
  const nominated = connection.split(',').map((name) => name.trim().toLowerCase());
  return (name) => isConnectionHeader(name) || (nominated.includes(name) && !NEVER_NOMINATED.has(name));
}

function isConnectionHeader(lowerCaseName: string): boolean {
  return CONNECTION_HEADERS.has(lowerCaseName);
}
