import { get } from 'node:http';
import type { StatusRecord } from './driver.js';

const DEADLINE_MS = 300_000;
/** How long to follow one stream of Plane before reading its history again. */
const FOLLOW_MS = 5_000;

/**
 * Reads a status stream until the status that a test waits for.
 * @returns all statuses so far, without times
 * @throws Error after 5 minutes, or if the stream ends before
 */
export async function readStatuses(url: string, last: string): Promise<StatusRecord[]> {
  const { statuses, isWhole } = await follow(url, last, DEADLINE_MS);
  if (!isWhole) throw new Error(`${url} did not say ${last} in ${DEADLINE_MS} ms, only ${inWords(statuses)}`);
  return statuses;
}

/**
 * The same for Plane, whose controller sometimes omits a status from a stream that has begun: it drops a notification
 * with a lower number than the previous one, as transactions cause that commit in another order than they were
 * numbered. A new stream begins with the whole history from the database, which is returned.
 */
export async function readStatusesOfPlane(url: string, last: string): Promise<StatusRecord[]> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    if (!(await follow(url, last, FOLLOW_MS)).isWhole) continue;
    return readStatuses(url, last);
  }
  return readStatuses(url, last);
}

/** Reads one stream until a status comes, or for this time. */
function follow(url: string, last: string, forMs: number): Promise<{ statuses: StatusRecord[]; isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const statuses: StatusRecord[] = [];
    let text = '';
    const request = get(url, { agent: false });
    const end = (isWhole: boolean, error?: Error) => {
      clearTimeout(timer);
      request.destroy();
      if (error === undefined) resolve({ statuses, isWhole });
      else reject(new Error(`${url} never said ${last}, only ${inWords(statuses)}`, { cause: error }));
    };
    const timer = setTimeout(() => end(false), forMs);
    request.on('error', (error) => end(false, error));
    request.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('end', () => end(false, new Error('the stream ended')));
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
          const data = /^data:(.*)$/m.exec(text.slice(0, at))?.[1];
          text = text.slice(at + 2);
          if (data === undefined) continue;
          const { time: _, backend: __, ...record } = JSON.parse(data);
          statuses.push(record);
          if (record.status === last) return end(true);
        }
      });
    });
  });
}

function inWords(statuses: readonly StatusRecord[]): string {
  return statuses.map(({ status }) => status).join(', ') || 'nothing';
}
