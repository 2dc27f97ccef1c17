import { isTokenShaped } from '../contract/connection-token.js';
import { backendErrors } from '../contract/errors/backend-errors.js';
import { tokenErrors } from '../contract/errors/token-errors.js';
import { describeOwnEnd, describeReason } from '../contract/status-words.js';
import type { BackendState, EndedState } from '../platform/backend-state.js';
import type { Arrival, Caller, ControlPlane } from '../platform/control-plane.js';
import { type BackendRow, findPublic } from '../store/backends.js';
import type { StatusFeed } from '../store/status-feed.js';
import { ClusterAccount, type ClusterWorld } from './cluster-account.js';
import { connectionUrl } from './connection-url.js';
import { nextState, toHistory } from './history.js';

/**
 * The control plane of a Plane cluster: its controllers, plus jamdev's database for everything that they do not keep.
 */
export class ClusterControlPlane implements ControlPlane {
  readonly cluster: string;
  readonly #world: ClusterWorld;
  readonly #feed: StatusFeed;

  constructor(world: ClusterWorld, feed: StatusFeed) {
    this.cluster = world.settings.cluster;
    this.#world = world;
    this.#feed = feed;
  }

  account({ account, actor }: Caller): ClusterAccount {
    return new ClusterAccount(this.#world, account, actor);
  }

  async state(id: string): Promise<BackendState> {
    return toHistory(await this.#find(id)).at(-1) as BackendState;
  }

  async states(id: string, signal: AbortSignal): Promise<AsyncIterable<BackendState>> {
    const { exitCode } = await this.#find(id);
    return follow(this.#feed, id, exitCode, signal);
  }

  async arrival(id: string, token: string): Promise<Arrival> {
    const row = await this.#find(id);
    // Only Plane's proxies can verify a token; they answer 410 for a wrong one. The check keeps any other text out of
    // the URL.
    if (!isTokenShaped(token)) throw tokenErrors.tokenUnknown();
    const state = toHistory(row).at(-1) as BackendState;
    if (state.status === 'terminated') throw backendErrors.backendEnded(id, howItEnded(state));
    const url = connectionUrl(row, token);
    return { state, connectionUrl: () => url, lines: [] };
  }

  async #find(id: string): Promise<BackendRow> {
    const row = await findPublic(this.#world.store, id);
    if (row === undefined) throw backendErrors.backendNotFound(id);
    return row;
  }
}

async function* follow(
  feed: StatusFeed,
  id: string,
  exitCode: number | null,
  signal: AbortSignal,
): AsyncGenerator<BackendState, void> {
  const history: BackendState[] = [];
  for await (const row of feed.follow(id, signal)) {
    const state = nextState(history, row, exitCode);
    history.push(state);
    yield state;
  }
}

function howItEnded(state: EndedState): string {
  const { reason, exitCode, exitError, time } = state;
  const how =
    reason === undefined ? describeOwnEnd(exitError ?? exitCode !== 0, state) : describeReason(reason, undefined);
  return `${how}, at ${time.toISOString()}`;
}
