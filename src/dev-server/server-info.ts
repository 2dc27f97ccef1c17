import type { DevInfo } from '../contract/dev-endpoints.js';

/** What a dev server says about itself. Parts get it before it is known, and ask for it once they serve requests. */
export class ServerInfo {
  #info: DevInfo | undefined;

  /** To be called once, when both ports are open. */
  set(info: DevInfo): void {
    this.#info = info;
  }

  /** @throws Error before the ports are open: nothing can have asked from outside by then */
  get current(): DevInfo {
    if (this.#info === undefined) throw new Error('the ports of the dev server are not open yet');
    return this.#info;
  }
}
