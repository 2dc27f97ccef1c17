/** What became of a signal: nobody was there to get it, or the system did not let this user send it. */
export type Delivery = 'sent' | 'nobody' | 'refused';

/** Whether a process has this number, of whatever user; another one may have got the number meanwhile. */
export function mayRun(pid: number): boolean {
  return sendSignal(pid, 0) !== 'nobody';
}

/** Sends a signal to one process, or with a negative pid to a group. 0 sends none and only tells whether one could. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): Delivery {
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'refused' : 'nobody';
  }
}
