import type { DevInfo } from '../contract/dev-endpoints.js';

/** A dev server's information about itself. Parts get this object early, and read it once they serve requests. */
export class ServerInfo {
  #info: DevInfo | undefined;

  /** Sets the information. Call it once, when both ports are open. */
  set(info: DevInfo): void {
    this.#info = info;
  }

  /** @throws Error before the ports are open; no outside request can arrive earlier */
  get current(): DevInfo {
    if (this.#info === undefined) throw new Error('the ports of the dev server are not open yet');
    return this.#info;
  }
}
