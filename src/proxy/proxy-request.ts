import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { announcesBody, readOfferedProtocols } from './upgrade-offer.js';

const OFFERED = Symbol('offered');
const TUNNEL = Symbol('tunnel');
const TURNS = Symbol('turns');

/** A client's connection, with the work on its requests that have no complete answer yet; the first is under way. */
interface ClientSocket extends Socket {
  [TURNS]?: (() => void)[];
}

/**
 * A client's request to the proxy. It decides itself whether it is an upgrade: Node.js asks by reading `upgrade` once the
 * headers are there, and parses a request that says no like any other. (Node.js 24 has an option for this,
 * `shouldUpgradeCallback`, 20 and 22 have none; the setter takes what it says.)
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
   * Not with a body: it would have to reach the backend before the protocol changes. Not while an earlier request on the
   * connection is unanswered: the answers would mix.
   */
  #asksForTunnel(): boolean {
    if (this.method === 'CONNECT' || this.httpVersion !== '1.1' || announcesBody(this)) return false;
    return turnsOn(this).length === 0 && readOfferedProtocols(this).length > 0;
  }
}

/**
 * Begins the work on a request once the requests before it on its connection have their answers: a backend gets them in
 * the order in which the client sent them, as with Plane. The work must see for itself whether the client is still there.
 */
export function takeTurn(request: IncomingMessage, work: () => void): void {
  const turns = turnsOn(request);
  turns.push(work);
  if (turns.length === 1) work();
}

/** To be called when a request that had its turn is answered: begins the next one. */
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
