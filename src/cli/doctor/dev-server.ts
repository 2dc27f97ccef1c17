import { JamdevError, problem } from '../../contract/errors.js';
import type { ServerRecord } from '../../records/server-records.js';
import { ApiClient } from '../api-client.js';
import { formatAge } from '../terminal/duration.js';
import { type Finding, fine, trouble } from './finding.js';

/** Whether the dev servers of a project answer. */
export async function checkDevServers(running: readonly ServerRecord[], timeoutMs: number): Promise<Finding[]> {
  if (running.length === 0) return [fine('dev server', 'none is running for this project')];
  return Promise.all(
    running.map(async ({ apiUrl, pid, startedAt }) => {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        await new ApiClient(apiUrl, signal).serverInfo();
        const age = formatAge(Date.now() - Date.parse(startedAt));
        return fine('dev server', `runs for ${age} at ${apiUrl} (pid ${pid})`);
      } catch (error) {
        const silent = problem.devServerUnreachable(apiUrl, `no answer within ${timeoutMs / 1000} s`);
        return trouble('dev server', 'warning', error instanceof JamdevError ? error : silent);
      }
    }),
  );
}
