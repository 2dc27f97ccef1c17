import { isUtf8 } from 'node:buffer';

declare const bytes: unique symbol;

/**
 * A path with one character per byte (latin1), because a file name on Linux is any sequence of bytes and not always UTF-8.
 * `/` and all other ASCII characters stay the same, so such paths can be joined, split and compared as text.
 */
export type BytePath = string & { readonly [bytes]: true };

const NON_ASCII = /[\x80-\xff]/;

/** Returns the bytes of a path that Node.js returned as text. */
export function toBytePath(path: string): BytePath {
  return Buffer.from(path, 'utf8').toString('latin1') as BytePath;
}

/** Returns the path in a form that `node:fs` accepts. */
export function toFsPath(path: BytePath): string | Buffer {
  return NON_ASCII.test(path) ? Buffer.from(path, 'latin1') : path;
}

/** Returns a path as text; bytes that are not UTF-8 become `\xNN`, so that two names never look the same. */
export function toText(path: BytePath): string {
  if (!NON_ASCII.test(path)) return path;
  const buffer = Buffer.from(path, 'latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** Joins a folder and a name in it. */
export function join(folder: BytePath, name: string): BytePath {
  return (folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`) as BytePath;
}

/** Returns the parent folder of a path; `/` for `/` itself. */
export function parentOf(path: BytePath): BytePath {
  const end = path.lastIndexOf('/');
  return (end <= 0 ? '/' : path.slice(0, end)) as BytePath;
}

/** Returns the last name of a path; empty for `/`. */
export function nameOf(path: BytePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether a path is a folder itself or is inside it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Returns a path relative to a folder: '' for the folder itself, `../x` for a path outside of it. */
export function relativeTo(folder: BytePath, path: BytePath): BytePath {
  if (path === folder) return '' as BytePath;
  let base = folder;
  let up = '';
  while (!isWithin(path, base)) {
    base = parentOf(base);
    up += '../';
  }
  const rest = path === base ? '' : path.slice(base === '/' ? 1 : base.length + 1);
  return (rest === '' ? up.slice(0, -1) : `${up}${rest}`) as BytePath;
}
