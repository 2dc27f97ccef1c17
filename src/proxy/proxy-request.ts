import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { announcesBody, readOfferedProtocols } from './upgrade-offer.js';

const OFFERED = Symbol('offered');
const TUNNEL = Symbol('tunnel');
const UNANSWERED = Symbol('unanswered');

/** A client's connection, with the number of its requests that have no complete answer yet. */
interface ClientSocket extends Socket {
  [UNANSWERED]?: number;
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
    return ((this.socket as ClientSocket)[UNANSWERED] ?? 0) === 0 && readOfferedProtocols(this).length > 0;
  }
}

/** Notes that a request on a connection has no complete answer yet. */
export function noteUnanswered({ socket }: IncomingMessage): void {
  (socket as ClientSocket)[UNANSWERED] = ((socket as ClientSocket)[UNANSWERED] ?? 0) + 1;
}

/** Notes the end of a response to a request that was noted as unanswered. */
export function noteAnswered({ socket }: IncomingMessage): void {
  (socket as ClientSocket)[UNANSWERED] = ((socket as ClientSocket)[UNANSWERED] ?? 1) - 1;
}
