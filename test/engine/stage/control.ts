import { send } from '../../support/http.js';
import { waitFor } from '../../support/wait.js';
import { type ReadMessage, readRequest } from './http-reading.js';

/** A part of an answer: text is one write; `{ until }` waits for text after the request; `{ waitMs }` waits. */
type BackendPiece = string | { until: string } | { waitMs: number };

/** What the backend answers to one request. */
export interface BackendAnswer {
  pieces: BackendPiece[];
  /** `head`: as soon as the head of the request has arrived. Default: after the whole request. */
  when?: 'head';
  /**
   * What happens to the connection: `end` closes the backend's side and waits for the other, `open` waits for the other
   * side to close. Both show what arrived until then. Default: it may serve another request.
   */
  ending?: 'end' | 'reset' | 'open';
}

/** A request as it reached the backend. */
export interface BackendView extends ReadMessage {
  /** What followed the request, if the backend waited for the end of the connection. */
  after?: string;
  end?: string;
}

interface Seen {
  head: string;
  body: string;
  complete: boolean;
  after?: string;
  end?: string;
}

/** Controls one backend through the proxy. */
export class Control {
  /** @param base of a connection URL of the backend, with a trailing slash */
  constructor(private readonly base: string) {}

  /** Sets the answers to the next requests with a secret. */
  async script(secret: string, answers: readonly BackendAnswer[]): Promise<void> {
    await this.#call(`script/${secret}`, answers);
  }

  /** The number of requests received with a secret so far. */
  async count(secret: string): Promise<number> {
    return (await this.#seen(secret)).length;
  }

  /** Waits until this many requests have been received with a secret. */
  async reached(secret: string, count: number): Promise<void> {
    await waitFor(async () => (await this.count(secret)) >= count, `${count} requests to come`);
  }

  /** Requests received with a secret, once each has ended. @param from how many to skip */
  async seen(secret: string, from = 0, atLeast = 0): Promise<BackendView[]> {
    let last: Seen[] = [];
    await waitFor(async () => {
      last = (await this.#seen(secret)).slice(from);
      return last.length >= atLeast && last.every(({ complete, end }) => complete || end !== undefined);
    }, `${atLeast} requests to end`);
    return last.map(viewOf);
  }

  async #seen(secret: string): Promise<Seen[]> {
    return (await this.#call(`seen/${secret}`)) as Seen[];
  }

  /** Requests that checked whether the backend is ready. */
  async probes(): Promise<BackendView[]> {
    return ((await this.#call('probes')) as Seen[]).map(viewOf);
  }

  async environment(): Promise<Record<string, string>> {
    return (await this.#call('env')) as Record<string, string>;
  }

  async pid(): Promise<number> {
    return (await this.#call('pid')) as number;
  }

  async signals(): Promise<string[]> {
    return (await this.#call('signals')) as string[];
  }

  /** Makes the backend exit. */
  async exit(code: number): Promise<void> {
    await this.#call(`exit/${code}`);
  }

  async #call(what: string, body?: unknown): Promise<unknown> {
    const answer = await send(`${this.base}engine-control/${what}`, {
      method: body === undefined ? 'GET' : 'POST',
      body: body === undefined ? '' : JSON.stringify(body),
    });
    if (answer.status !== 200) throw new Error(`the backend answered ${what} with ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text);
  }
}

function viewOf({ head, body, after, end }: Seen): BackendView {
  return { ...readRequest(`${head}${body}`), ...(after === undefined ? {} : { after, end: end ?? 'open' }) };
}
