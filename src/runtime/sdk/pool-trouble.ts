/** What is wrong with a backend in a warm pool. */
export interface PoolTrouble {
  /** What happened, to follow "a backend": "ended with exit code 1 while it waited for a session". */
  what: string;
  /** How far it had come: it runs, something of it is connected to its control socket, or it has reported warmed. */
  stage: 'starting' | 'connected' | 'waiting';
  /** What it printed last. */
  lines: readonly string[];
  /** Whether no other of this build is worth a try. */
  isFinal: boolean;
}

/** Says what is wrong with a service's pool, and what to do. @param isProcess whether its backends are child processes */
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
