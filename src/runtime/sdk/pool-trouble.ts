/** A problem with a backend in a warm pool. */
export interface PoolTrouble {
  /** The predicate after "a backend": "ended with exit code 1 while it waited for a session". */
  what: string;
  /** The backend's progress: it is running, has connected to its control socket, or has reported warmed. */
  stage: 'starting' | 'connected' | 'waiting';
  /** The last lines of output. */
  lines: readonly string[];
  /** Whether no further backend of this build should be tried. */
  isFinal: boolean;
}

/**
 * Describes a problem with a service's pool, and what to do. @param isProcess whether its backends are child processes
 */
export function describePoolTrouble(service: string, trouble: PoolTrouble, isProcess: boolean): string {
  const { what, stage, lines } = trouble;
  const parts = [
    `The warm pool of "${service}": a backend ${what}. Sessions start cold until one is warm.`,
    ...(stage === 'waiting' ? [] : [adviceFor(stage, isProcess)]),
    ...(lines.length === 0 ? [] : [`It printed last: ${lines.join(' / ')}`]),
  ];
  return parts.join(' ');
}

function adviceFor(stage: 'starting' | 'connected', isProcess: boolean): string {
  if (stage === 'connected') return 'It connected to its control socket, but did not send {"message":"Warmed"}.';
  const where = isProcess ? '; of child processes, only Node.js can be led to the socket' : '';
  return `Nothing connected to its control socket, as @jamsocket/session-backend does${where}. Set "warmPool" to 0 if it does not use that library.`;
}
