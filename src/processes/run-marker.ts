import { randomBytes } from 'node:crypto';

/** Names the variable by which processes are known again that a dev server started, directly or through others. */
const RUN_VARIABLE = 'JAMDEV_RUN';

const MARKER_BYTES = 16;
const MARKER = /^[0-9a-f]{32}$/;
const SEPARATOR = ':';

/**
 * Makes the marker of one run of a dev server: random, so that only a process that this run started can have it, whatever
 * a project brings along.
 */
export function createRunMarker(): string {
  return randomBytes(MARKER_BYTES).toString('hex');
}

/**
 * Gives the variable that puts processes under a marker. A dev server that was itself started by another one hands on
 * that one's marker as well: what it starts is to be found by both.
 */
export function markedEnvironment(marker: string, inherited: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const outer = parseMarkers(inherited[RUN_VARIABLE] ?? '').filter((each) => each !== marker);
  return { [RUN_VARIABLE]: [...outer, marker].join(SEPARATOR) };
}

/** The markers in an environment, given as `NAME=value` entries. */
export function markersIn(environment: readonly string[]): string[] {
  const prefix = `${RUN_VARIABLE}=`;
  return environment
    .filter((entry) => entry.startsWith(prefix))
    .flatMap((entry) => parseMarkers(entry.slice(prefix.length)));
}

function parseMarkers(value: string): string[] {
  return value.split(SEPARATOR).filter((marker) => MARKER.test(marker));
}
