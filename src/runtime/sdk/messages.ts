import { noteHandled } from '../../os/debug/debug-log.js';

/** A backend's report on its control socket (platform contract, "Warm pools"). */
export type Report = 'Warmed' | 'Ready';

/** The assignment of a backend in a warm pool to a session. */
export interface Assignment {
  backendId: string;
  key: string;
  fencingToken: number | null;
  staticToken: string | null;
  /** Variables that the library adds to the backend's environment, overriding existing ones. */
  env: Record<string, string>;
}

/** Parses one line of a backend. @returns undefined if it is not a report, which is ignored */
export function parseReport(line: string): Report | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    noteHandled('processes', 'reading a line of a control socket', error);
    return undefined;
  }
  const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : undefined;
  return message === 'Warmed' || message === 'Ready' ? message : undefined;
}

/** Returns the line for an assignment, with its newline. */
export function assignmentLine({ backendId, key, fencingToken, staticToken, env }: Assignment): string {
  const assignment = {
    backend_id: backendId,
    key,
    fencing_token: fencingToken,
    static_token: staticToken,
    env,
  };
  return `${JSON.stringify({ message: { BackendAssignment: assignment } })}\n`;
}
