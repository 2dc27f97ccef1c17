import { request } from 'node:http';

const ANSWER_DEADLINE_MS = 60_000;

export interface Answer {
  status: number;
  text: string;
}

/**
 * Sends a request over its own connection, and reads the whole answer.
 * @param body sent as JSON, by POST
 * @returns undefined when no answer comes within a minute, or the connection breaks
 */
export function ask(url: string, body?: unknown): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request(url, { method, headers, agent: false });
    outgoing.setTimeout(ANSWER_DEADLINE_MS, () => outgoing.destroy());
    outgoing.once('error', () => resolve(undefined));
    outgoing.once('close', () => resolve(undefined));
    outgoing.once('response', async (response) => {
      const text = await response.toArray().then(
        (chunks) => Buffer.concat(chunks).toString('utf8'),
        () => undefined,
      );
      resolve(text === undefined ? undefined : { status: response.statusCode ?? 0, text });
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
