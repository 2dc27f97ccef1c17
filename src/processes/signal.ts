/** The result of sending a signal: delivered, no such process, or no permission. */
export type Delivery = 'sent' | 'nobody' | 'refused';

/** Whether a process with this pid exists, of any user. The pid may have been reused. */
export function mayRun(pid: number): boolean {
  return sendSignal(pid, 0) !== 'nobody';
}

/** Sends a signal to a process, or to a group if the pid is negative. Signal 0 only checks whether one could be sent. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): Delivery {
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'refused' : 'nobody';
  }
}
