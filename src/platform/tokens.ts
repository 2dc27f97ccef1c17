import type { Clock } from '../os/clock.js';
import type { Backend } from './backend.js';
import { TokenSource } from './ids.js';

/** Tokens that nobody used for so long expire. */
export const TOKEN_UNUSED_MS = 60 * 60 * 1000;
/** What all tokens may hold together, counted by {@link heldBytesOf}; bytes. */
export const MAX_TOKEN_BYTES = 64 * 1024 * 1024;
/** What a token holds besides its user's texts: its secrets, its record, its places in the tables. Measured: 330 to 450. */
const RECORD_BYTES = 450;

/** What a connection token stands for. */
export interface TokenRoute {
  token: string;
  /** The second secret, which the backend sees as `x-verified-secret`; a static token has none. */
  secretToken: string | undefined;
  backend: Backend;
  user: string | undefined;
  /** JSON text. */
  userData: string | undefined;
  /** By the clock's monotonic time. */
  lastUsedMs: number;
}

/**
 * The connection tokens of a dev server. Those of ended backends stay until they expire, to say what happened, but no
 * longer than the backend is remembered: a token must not be what keeps it in memory.
 */
export class TokenTable {
  readonly #routes = new Map<string, TokenRoute>();
  /** Tokens that may be dropped: nobody is connected through them, and they are not static. In the order of last use. */
  readonly #unused = new Map<string, TokenRoute>();
  readonly #byBackend = new Map<Backend, Set<TokenRoute>>();
  readonly #source = new TokenSource();
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(clock: Clock, maxBytes = MAX_TOKEN_BYTES) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** What all tokens hold together; bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Makes a token for a backend. With a static token that is the only one: all users share it, so it carries no user.
   * Where all tokens together hold too much, those unused for the longest time go.
   */
  issue(backend: Backend, user: string | undefined, auth: Record<string, unknown> | undefined): TokenRoute {
    this.#dropExpired();
    const { staticToken } = backend.identity;
    if (staticToken !== undefined) return this.#routes.get(staticToken) ?? this.#add(backend, { token: staticToken });
    // As on Plane, where a connect without `auth` has an empty one.
    const userData = JSON.stringify(auth ?? {});
    return this.#add(backend, {
      token: this.#source.next(),
      secretToken: this.#source.next(),
      user,
      userData,
    });
  }

  /** Whether a token leads to a backend. Does not count as use. */
  has(token: string): boolean {
    const route = this.#routes.get(token);
    return route !== undefined && !this.#hasExpired(route);
  }

  /** Looks up a token and renews it. @returns undefined when it is unknown or expired */
  use(token: string): TokenRoute | undefined {
    const route = this.#routes.get(token);
    if (route === undefined) return undefined;
    if (this.#hasExpired(route)) {
      this.#drop(route);
      return undefined;
    }
    this.#renew(route);
    return route;
  }

  /** Counts a connection through a token; it counts as use until it is closed. @returns to be called at its end */
  connect(route: TokenRoute, isUpgrade: boolean): () => void {
    const disconnect = route.backend.connectionOpened(route.token, isUpgrade);
    this.#unused.delete(route.token);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      disconnect();
      // Until now the connected tokens alone may have held too much.
      this.#shrink();
      this.#renew(route);
    };
  }

  /** Drops all tokens of a backend that is no longer remembered. */
  forget(backend: Backend): void {
    for (const route of [...(this.#byBackend.get(backend) ?? [])]) this.#drop(route);
  }

  #add(backend: Backend, given: Pick<TokenRoute, 'token'> & Partial<TokenRoute>): TokenRoute {
    const route: TokenRoute = {
      secretToken: undefined,
      user: undefined,
      userData: undefined,
      ...given,
      backend,
      lastUsedMs: this.#clock.monotonicMs(),
    };
    this.#routes.set(route.token, route);
    this.#heldBytes += heldBytesOf(route);
    const ofBackend = this.#byBackend.get(backend) ?? new Set();
    this.#byBackend.set(backend, ofBackend.add(route));
    // Not yet among the unused: the one just made is not the one to go.
    this.#shrink();
    this.#renew(route);
    return route;
  }

  #shrink(): void {
    for (const [, oldest] of this.#unused) {
      if (this.#heldBytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  #renew(route: TokenRoute): void {
    route.lastUsedMs = this.#clock.monotonicMs();
    // To the end of the order, unless it was dropped while somebody was connected through it.
    this.#unused.delete(route.token);
    if (isConnected(route) || isStatic(route) || this.#routes.get(route.token) !== route) return;
    this.#unused.set(route.token, route);
  }

  #drop(route: TokenRoute): void {
    if (!this.#routes.delete(route.token)) return;
    this.#heldBytes -= heldBytesOf(route);
    this.#unused.delete(route.token);
    const ofBackend = this.#byBackend.get(route.backend);
    ofBackend?.delete(route);
    if (ofBackend?.size === 0) this.#byBackend.delete(route.backend);
  }

  #dropExpired(): void {
    for (const [, route] of this.#unused) {
      if (!this.#hasExpired(route)) return;
      this.#drop(route);
    }
  }

  #hasExpired(route: TokenRoute): boolean {
    // A static token is the only one of its backend, which knows it.
    if (isStatic(route) && route.backend.state.status !== 'terminated') return false;
    return !isConnected(route) && this.#clock.monotonicMs() - route.lastUsedMs > TOKEN_UNUSED_MS;
  }
}

/** What a token holds in memory; bytes, as V8 lays strings out: one per character, two if any is beyond Latin-1. */
export function heldBytesOf({ user = '', userData = '' }: Pick<TokenRoute, 'user' | 'userData'>): number {
  return RECORD_BYTES + textBytes(user) + textBytes(userData);
}

function textBytes(text: string): number {
  return /[^\0-\xff]/.test(text) ? 2 * text.length : text.length;
}

function isStatic({ token, backend }: TokenRoute): boolean {
  return backend.identity.staticToken === token;
}

function isConnected({ token, backend }: TokenRoute): boolean {
  return backend.connectionsBy(token) > 0;
}
