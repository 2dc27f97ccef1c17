import { request } from 'node:http';
import type { SeenStatus, SeenStream } from './ledger.js';

/** How long a client waits for an answer before it retries. A request to a starting backend waits for its start. */
const ANSWER_MS = 45_000;

/** An answer, or undefined if the connection failed or timed out. */
type MaybeAnswer = { status: number; text: string } | undefined;

/** Sends a request on a new connection. Never rejects. @param signal cancels it */
export function ask(
  url: string,
  { host, body, signal }: { host?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<MaybeAnswer> {
  const timeout = AbortSignal.timeout(ANSWER_MS);
  return new Promise((resolve) => {
    const sent = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(host !== undefined && { host }), 'content-type': 'application/json' },
      agent: false,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    sent.once('error', () => resolve(undefined));
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Reads a status stream until it ends or breaks. @returns undefined if there was none */
export function readStatuses(apiUrl: string, backendId: string, signal: AbortSignal): Promise<SeenStream | undefined> {
  return new Promise((resolve) => {
    const sent = request(`${apiUrl}/v2/backend/${backendId}/status/stream`, { agent: false, signal });
    sent.once('error', () => resolve(undefined));
    sent.once('response', (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return void response.once('close', () => resolve(undefined));
      }
      const statuses: SeenStatus[] = [];
      let text = '';
      let isWhole = false;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (text + chunk).split('\n\n');
        text = events.pop() ?? '';
        statuses.push(...events.map((event) => JSON.parse(event.slice('data: '.length)) as SeenStatus));
      });
      response.on('error', () => undefined);
      response.once('end', () => {
        isWhole = true;
      });
      response.once('close', () => resolve({ backendId, statuses, isWhole }));
    });
    sent.end();
  });
}
