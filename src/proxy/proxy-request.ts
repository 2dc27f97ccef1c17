import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { announcesBody, readOfferedProtocols } from './upgrade-offer.js';

const OFFERED = Symbol('offered');
const TUNNEL = Symbol('tunnel');
const TURNS = Symbol('turns');

/**
 * A client's connection, with the queued work on its requests that have no complete answer yet. The first one is in
 * progress.
 */
interface ClientSocket extends Socket {
  [TURNS]?: (() => void)[];
}

/**
 * A client's request to the proxy, which decides by itself whether it is an upgrade. Node.js reads `upgrade` once the
 * headers are complete, and parses the request like any other if the value is false. (Node.js 24 has the option
 * `shouldUpgradeCallback` for this; 20 and 22 do not. The setter takes the parser's value.)
 */
export class ProxyRequest extends IncomingMessage {
  declare private [OFFERED]: boolean | null;
  declare private [TUNNEL]: boolean | undefined;

  get upgrade(): boolean {
    if (this[OFFERED] !== true) return false;
    this[TUNNEL] ??= this.#asksForTunnel();
    return this[TUNNEL];
  }

  set upgrade(offered: boolean | null) {
    this[OFFERED] = offered;
  }

  /**
   * Whether the request may become a tunnel. A request with a body may not: the body would have to reach the backend
   * before the protocol changes. Neither may a request behind an unanswered one on the same connection: their answers
   * would mix.
   */
  #asksForTunnel(): boolean {
    if (this.method === 'CONNECT' || this.httpVersion !== '1.1' || announcesBody(this)) return false;
    return turnsOn(this).length === 0 && readOfferedProtocols(this).length > 0;
  }
}

/**
 * Starts the work on a request once all earlier requests on its connection are answered: like Plane, the proxy keeps
 * the order in which the client sent them. The work itself must check whether the client is still connected.
 */
export function takeTurn(request: IncomingMessage, work: () => void): void {
  const turns = turnsOn(request);
  turns.push(work);
  if (turns.length === 1) work();
}

/** Starts the next request's work. Call this when the current request is answered. */
export function endTurn(request: IncomingMessage): void {
  const turns = turnsOn(request);
  turns.shift();
  turns[0]?.();
}

function turnsOn({ socket }: IncomingMessage): (() => void)[] {
  const client = socket as ClientSocket;
  client[TURNS] ??= [];
  return client[TURNS];
}
