import { tokenErrors } from '../contract/errors/token-errors.js';
import type { LogStore } from '../logs/log-store.js';
import type { BackendState } from './backend-state.js';
import { connectionUrlOf } from './connection-url.js';
import type { AccountPlane, Arrival, ControlPlane } from './control-plane.js';
import { explainEnd, shownLines } from './explain-backend.js';
import { followStates } from './follow-backend.js';
import { LocalAccount } from './local-account.js';
import type { Platform } from './platform.js';

/** The control plane of a dev server, for its API. */
export class LocalControlPlane implements ControlPlane {
  readonly cluster = 'localhost';
  readonly #platform: Platform;
  readonly #everyone: LocalAccount;

  constructor(platform: Platform, logs: LogStore) {
    this.#platform = platform;
    this.#everyone = new LocalAccount(platform, logs);
  }

  /** Returns the same account for all callers: locally, an account is just a label and separates nothing. */
  account(): AccountPlane {
    return this.#everyone;
  }

  async state(id: string): Promise<BackendState> {
    return this.#platform.backend(id).state;
  }

  async states(id: string, signal: AbortSignal): Promise<AsyncIterable<BackendState>> {
    return followStates(this.#platform.backend(id), signal);
  }

  async arrival(id: string, token: string): Promise<Arrival> {
    const backend = this.#platform.backend(id);
    const route = this.#platform.tokens.use(token);
    if (route?.backend !== backend) throw tokenErrors.tokenUnknown();
    const { state } = backend;
    if (state.status === 'terminated') throw explainEnd(backend, true);
    const service = backend.identity.service.name;
    return { state, service, connectionUrl: connectionUrlOf(route), lines: shownLines(backend) };
  }
}
