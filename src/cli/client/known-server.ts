import type { ServerRecord } from '../../records/server-records.js';

/** A dev server or `jamdev serve` to send requests to. */
export interface KnownServer {
  apiUrl: string;
  /** The server's record on disk; undefined if only its URL was given. */
  record?: ServerRecord | undefined;
}

/** Describes the process behind a URL, for an error; '' if nothing is known about it. */
export function describeHolder(pid: number | undefined, place: string | undefined): string {
  return [pid === undefined ? '' : `pid ${pid}`, place ?? ''].filter((part) => part !== '').join(', ');
}
