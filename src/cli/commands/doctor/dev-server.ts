import { JamdevError } from '../../../contract/errors/jamdev-error.js';
import type { ServerRecord } from '../../../records/server-records.js';
import { greetServer } from '../../client/greet-server.js';
import { formatAge } from '../../terminal/duration.js';
import { type Finding, fine, trouble } from './finding.js';

/** Checks whether the dev servers of a project answer. */
export async function checkDevServers(running: readonly ServerRecord[], timeoutMs: number): Promise<Finding[]> {
  if (running.length === 0) return [fine('dev server', 'none is running for this project')];
  return Promise.all(
    running.map(async (record) => {
      const { apiUrl, pid, startedAt } = record;
      try {
        await greetServer({ apiUrl, record }, new AbortController().signal, timeoutMs);
        const age = formatAge(Date.now() - Date.parse(startedAt));
        return fine('dev server', `has been running for ${age} at ${apiUrl} (pid ${pid})`);
      } catch (error) {
        if (!(error instanceof JamdevError)) throw error;
        return trouble('dev server', 'warning', error);
      }
    }),
  );
}
