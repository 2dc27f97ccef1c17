import type { Clock } from '../os/clock.js';
import type { Backend } from './backend.js';
import { newToken } from './ids.js';

/** Tokens that nobody used for so long expire. */
export const TOKEN_UNUSED_MS = 60 * 60 * 1000;
/** So many are kept at most; of those that nobody is connected through, the ones used longest ago go first. */
export const MAX_TOKENS = 100_000;
const SWEEP_EVERY_MS = 10 * 60 * 1000;

/** What a connection token stands for. */
export interface TokenRoute {
  token: string;
  /** The second secret, which the backend sees as `x-verified-secret`; a static token has none. */
  secretToken: string | undefined;
  backend: Backend;
  user: string | undefined;
  /** JSON text. */
  userData: string | undefined;
  /** Connections through this token right now. */
  connections: number;
  /** By the clock's monotonic time. */
  lastUsedMs: number;
}

/** The connection tokens of a dev server. Those of ended backends stay until they expire, to say what happened. */
export class TokenTable {
  readonly #routes = new Map<string, TokenRoute>();
  readonly #clock: Clock;
  #lastSweepMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastSweepMs = clock.monotonicMs();
  }

  /** Makes a token for a backend. One with a static token has that alone; all share it, so it says nothing of a user. */
  issue(backend: Backend, user: string | undefined, auth: Record<string, unknown> | undefined): TokenRoute {
    this.#sweep();
    const { staticToken } = backend.identity;
    if (staticToken !== undefined) return this.#routes.get(staticToken) ?? this.#add(backend, { token: staticToken });
    const userData = auth === undefined ? undefined : JSON.stringify(auth);
    return this.#add(backend, { token: newToken(), secretToken: newToken(), user, userData });
  }

  /** Looks a token up, which renews it. @returns undefined when it is unknown or expired */
  use(token: string): TokenRoute | undefined {
    const route = this.#routes.get(token);
    if (route === undefined) return undefined;
    if (this.#expired(route)) {
      this.#routes.delete(token);
      return undefined;
    }
    route.lastUsedMs = this.#clock.monotonicMs();
    // To the end: they stand in the order of their last use.
    this.#routes.delete(token);
    this.#routes.set(token, route);
    return route;
  }

  /** Counts a connection through a token; it counts as use until it is closed. @returns to be called at its end */
  connect(route: TokenRoute): () => void {
    const disconnect = route.backend.connectionOpened();
    route.connections += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      route.connections -= 1;
      route.lastUsedMs = this.#clock.monotonicMs();
      disconnect();
    };
  }

  #add(backend: Backend, given: Pick<TokenRoute, 'token'> & Partial<TokenRoute>): TokenRoute {
    const route: TokenRoute = {
      secretToken: undefined,
      user: undefined,
      userData: undefined,
      ...given,
      backend,
      connections: 0,
      lastUsedMs: this.#clock.monotonicMs(),
    };
    this.#routes.set(route.token, route);
    if (this.#routes.size > MAX_TOKENS) this.#dropOldest();
    return route;
  }

  #dropOldest(): void {
    for (const [token, { connections, backend }] of this.#routes) {
      if (connections > 0 || backend.identity.staticToken === token) continue;
      this.#routes.delete(token);
      return;
    }
  }

  #expired(route: TokenRoute): boolean {
    // A static token is the only one of its backend, which has been told of it.
    if (route.backend.identity.staticToken === route.token && route.backend.state.status !== 'terminated') return false;
    return route.connections === 0 && this.#clock.monotonicMs() - route.lastUsedMs > TOKEN_UNUSED_MS;
  }

  #sweep(): void {
    if (this.#clock.monotonicMs() - this.#lastSweepMs < SWEEP_EVERY_MS) return;
    this.#lastSweepMs = this.#clock.monotonicMs();
    for (const [token, route] of this.#routes) {
      if (this.#expired(route)) this.#routes.delete(token);
    }
  }
}
