import type { Clock } from '../os/clock.js';
import type { Backend } from './backend.js';
import { TokenSource } from './ids.js';

/** How long a token may be unused before it expires. */
export const TOKEN_UNUSED_MS = 60 * 60 * 1000;
/** Limit for the memory of all tokens in bytes, measured by {@link heldBytesOf}. */
export const MAX_TOKEN_BYTES = 64 * 1024 * 1024;
/** The memory of a token without its user's texts: secrets, record, and table entries. Measured: 330 to 450 bytes. */
const RECORD_BYTES = 450;

/** A connection token and the backend to which it leads. */
export interface TokenRoute {
  token: string;
  /** The second secret, which the backend gets as `x-verified-secret`; undefined for a static token. */
  secretToken: string | undefined;
  backend: Backend;
  user: string | undefined;
  /** The user's data as JSON text. */
  userData: string | undefined;
  /** Monotonic time of the clock. */
  lastUsedMs: number;
}

/**
 * The connection tokens of a dev server. Tokens of ended backends are kept until they expire, so that requests can be
 * told what happened, but no longer than the backend itself: a token must not keep a backend in memory.
 */
export class TokenTable {
  readonly #routes = new Map<string, TokenRoute>();
  /**
   * Tokens that may be dropped because nobody is connected through them and they are not static, in the order of last
   * use.
   */
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

  /** The memory of all tokens in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Issues a token for a backend. A static token is the backend's only one: all users share it, so it carries no user.
   * If all tokens together use too much memory, the least recently used ones are dropped.
   */
  issue(backend: Backend, user: string | undefined, auth: Record<string, unknown> | undefined): TokenRoute {
    this.#dropExpired();
    const { staticToken } = backend.identity;
    if (staticToken !== undefined) return this.#routes.get(staticToken) ?? this.#add(backend, { token: staticToken });
    // Plane sends an empty object for a connect without `auth`.
    const userData = JSON.stringify(auth ?? {});
    return this.#add(backend, {
      token: this.#source.next(),
      secretToken: this.#source.next(),
      user,
      userData,
    });
  }

  /** Whether a token leads to a backend. Does not count as a use. */
  has(token: string): boolean {
    const route = this.#routes.get(token);
    return route !== undefined && !this.#hasExpired(route);
  }

  /** Looks up a token and renews it. @returns undefined if it is unknown or expired */
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

  /**
   * Counts a connection through a token, which is in use until the connection is closed. @returns a function to call at
   * the end
   */
  connect(route: TokenRoute, isUpgrade: boolean): () => void {
    const disconnect = route.backend.connectionOpened(route.token, isUpgrade);
    this.#unused.delete(route.token);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      disconnect();
      // Connected tokens alone may have exceeded the limit until now.
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
    // The new token is not in the unused list yet, so that it is not dropped itself.
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
    // Moves the token to the end of the order, unless it was dropped while a client was connected through it.
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
    // A running backend knows its static token, and has no other.
    if (isStatic(route) && route.backend.state.status !== 'terminated') return false;
    return !isConnected(route) && this.#clock.monotonicMs() - route.lastUsedMs > TOKEN_UNUSED_MS;
  }
}

/**
 * Returns the memory of a token in bytes. V8 stores strings with one byte per character, or two if any is beyond
 * Latin-1.
 */
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
