import type { Build, Prepared, Runtime, RuntimeBackend, SpawnRequest, StandbyOrder } from './runtime.js';

/** Runs each backend in the runtime for its kind of build. */
export class RuntimeSwitch implements Runtime {
  readonly #process: Runtime;
  readonly #container: Runtime | undefined;

  /** @param container undefined if there are no builds for containers */
  constructor(process: Runtime, container: Runtime | undefined) {
    this.#process = process;
    this.#container = container;
  }

  spawn(request: SpawnRequest, signal: AbortSignal): Promise<RuntimeBackend> {
    const runtime = request.build.kind === 'process' ? this.#process : this.#container;
    if (runtime === undefined) throw new Error(`no runtime for a build of the kind "${request.build.kind}"`);
    return runtime.spawn(request, signal);
  }

  standBy(order: StandbyOrder): void {
    if (order.build.kind === 'process') this.#process.standBy?.(order);
    else this.#container?.standBy?.(order);
  }

  prepared(service: string): Prepared {
    // A service whose runtime has changed has nothing prepared in the other one anymore.
    const all = [this.#process.prepared?.(service), this.#container?.prepared?.(service)];
    return all.find((each) => each !== undefined && each.wanted > 0) ?? { standing: 0, wanted: 0 };
  }

  poolObstacle(build: Build): string | undefined {
    const runtime = build.kind === 'process' ? this.#process : this.#container;
    return runtime?.poolObstacle?.(build);
  }

  renewStandbys(service: string): void {
    this.#process.renewStandbys?.(service);
    this.#container?.renewStandbys?.(service);
  }

  async standDown(): Promise<void> {
    await Promise.all([this.#process.standDown?.(), this.#container?.standDown?.()]);
  }

  killAll(): void {
    this.#process.killAll();
    this.#container?.killAll();
  }

  async cleared(): Promise<void> {
    await Promise.all([this.#process.cleared(), this.#container?.cleared()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#process.close(), this.#container?.close()]);
  }
}
