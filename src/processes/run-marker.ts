import { randomBytes } from 'node:crypto';

/** The variable that identifies processes that a dev server started, directly or indirectly. */
const RUN_VARIABLE = 'JAMDEV_RUN';

const MARKER_BYTES = 16;
const MARKER = /^[0-9a-f]{32}$/;
const SEPARATOR = ':';

/**
 * Creates the marker of a dev server's run. It is random, so that only processes started by this run can have it, whatever a
 * project contains.
 */
export function createRunMarker(): string {
  return randomBytes(MARKER_BYTES).toString('hex');
}

/**
 * Returns the variable that marks processes. A dev server that was started by another one also passes on the other's marker,
 * so that its processes are found by both.
 */
export function markedEnvironment(marker: string, inherited: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const outer = parseMarkers(inherited[RUN_VARIABLE] ?? '').filter((each) => each !== marker);
  return { [RUN_VARIABLE]: [...outer, marker].join(SEPARATOR) };
}

/** Returns the markers in an environment given as `NAME=value` entries. */
export function markersIn(environment: readonly string[]): string[] {
  const prefix = `${RUN_VARIABLE}=`;
  return environment
    .filter((entry) => entry.startsWith(prefix))
    .flatMap((entry) => parseMarkers(entry.slice(prefix.length)));
}

function parseMarkers(value: string): string[] {
  return value.split(SEPARATOR).filter((marker) => MARKER.test(marker));
}
