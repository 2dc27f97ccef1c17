import { commandOf } from './process-table.js';
import type { Stuck } from './termination.js';

/** Explains why processes don't exit and what to do, in sentences. */
export async function describeStuck({ living, refused, cause }: Stuck): Promise<string> {
  if (cause !== undefined) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return `Some processes may still be running: ${reason.replace(/\.$/, '')}.`;
  }
  const sentences = living.map(async ({ pid }) => {
    const command = await commandOf(pid);
    const name = command === '' ? `Process ${pid}` : `Process ${pid} (${command})`;
    return refused.has(pid)
      ? `${name} belongs to another user, so jamdev can't end it. To end it: \`sudo kill -9 ${pid}\`.`
      : `${name} is still running after SIGKILL: the system has not ended it yet, for example because a disk does not respond.`;
  });
  return (await Promise.all(sentences)).join(' ');
}
