import type { ServerRecord } from '../../records/server-records.js';

/** A dev server or `jamdev serve` to talk to. */
export interface KnownServer {
  apiUrl: string;
  /** Its record on disk; undefined when only its URL was given. */
  record?: ServerRecord | undefined;
}

/** Describes the process behind a URL, for an error; '' if nothing is known of it. */
export function describeHolder(pid: number | undefined, place: string | undefined): string {
  return [pid === undefined ? '' : `pid ${pid}`, place ?? ''].filter((part) => part !== '').join(', ');
}
