import { backendErrors } from '../contract/errors/backend-errors.js';
import type { ConnectParams } from '../contract/requests.js';
import { readLogs } from '../logs/follow.js';
import type { LogStore } from '../logs/log-store.js';
import type { Backend } from './backend.js';
import { digestOf } from './build-digest.js';
import { connectionUrlOf } from './connection-url.js';
import type { AccountPlane, BackendView, Connected, ServiceTermination, ServiceView } from './control-plane.js';
import { followUsage } from './follow-backend.js';
import type { Platform } from './platform.js';
import type { ServiceImage } from './services.js';
import type { UsageInterval } from './usage-gauge.js';

/** The account of a dev server. All accounts share one view of everything. */
export class LocalAccount implements AccountPlane {
  readonly #platform: Platform;
  readonly #logs: LogStore;

  constructor(platform: Platform, logs: LogStore) {
    this.#platform = platform;
    this.#logs = logs;
  }

  async connect(service: string, params: ConnectParams, signal?: AbortSignal): Promise<Connected> {
    const { backend, spawned, state, route } = await this.#platform.connect(service, params, signal);
    return {
      backendId: backend.id,
      spawned,
      status: state.status,
      token: route.token,
      secretToken: route.secretToken,
      connectionUrl: connectionUrlOf(route),
    };
  }

  async backend(id: string): Promise<BackendView> {
    const backend = this.#platform.backend(id);
    await backend.usage.readSoon();
    return toView(backend);
  }

  async running(): Promise<BackendView[]> {
    return this.#platform.running.map(toView);
  }

  async logLines(id: string, signal: AbortSignal): Promise<AsyncIterable<string>> {
    const log = this.#logs.find(id);
    if (log === undefined) throw backendErrors.backendNotFound(id);
    const options = { list: () => [log], follow: true, mayGrow: () => this.#logs.isOpen(id) };
    const records = readLogs(options, signal, this.#logs);
    return (async function* () {
      for await (const { record } of records) if (record.source !== 'jamdev') yield record.text;
    })();
  }

  async usage(id: string, signal: AbortSignal): Promise<AsyncIterable<UsageInterval>> {
    return followUsage(this.#platform.backend(id), signal);
  }

  async terminate(id: string, hard: boolean): Promise<void> {
    this.#platform.terminate(id, hard);
  }

  async terminateService(service: string, request: ServiceTermination): Promise<{ found: number; terminated: number }> {
    return this.#platform.terminateService(service, request);
  }

  async services(): Promise<string[]> {
    return this.#platform.services.list().map(({ name }) => name);
  }

  async service(name: string): Promise<ServiceView> {
    return this.#platform.services.find(name);
  }

  async createService(name: string): Promise<void> {
    this.#platform.services.create(name);
  }

  async deleteService(name: string): Promise<void> {
    this.#platform.deleteService(name);
  }

  async images(service: string): Promise<ServiceImage[]> {
    return this.#platform.images.list(this.#platform.services.find(service));
  }

  async useImage(service: string, environment: string, image: string): Promise<void> {
    await this.#platform.useImage(service, environment, image);
  }
}

function toView({ id, identity, createdAt, history, build, usage }: Backend): BackendView {
  return {
    id,
    service: identity.service.name,
    environment: identity.environment,
    key: identity.key,
    createdAt,
    history,
    imageDigest: build === undefined ? '' : digestOf(build),
    peakMemoryBytes: usage.peakBytes,
  };
}
