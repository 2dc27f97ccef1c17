import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ServiceConfig } from '../config/service-config.js';
import type { Clock } from '../os/clock.js';
import type { Platform } from '../platform/platform.js';
import { attributeWrites } from './attribute-writes.js';
import { BackendEvidence } from './backend-evidence.js';
import type { OriginatedChange } from './build-triggers.js';
import type { Builder } from './builder.js';
import { ChangeOrigins } from './change-origins.js';
import type { LoadedFiles } from './loaded-files.js';
import { RebuildLoop } from './rebuild-loop.js';
import { ReportedWrites } from './reported-writes.js';
import { backendsOlderThan, rollOut, untilReachable } from './rollout.js';
import type { OpenFile } from './unfinished-files.js';
import { findUnwatchedImport, type UnwatchedImport } from './unwatched-imports.js';
import type { WriteReports } from './write-reports.js';
import { WrittenFiles } from './written-files.js';

export interface HotRebuildEvents {
  /** Running backends are being terminated or replaced because of a new build. */
  rolledOut: [service: ServiceConfig, buildNumber: number, backends: number];
  /** Changes of a service's files may be missed. */
  watchProblem: [service: ServiceConfig, error: NodeJS.ErrnoException];
  /** A service runs or imports a file that is not watched. Emitted once per service. */
  unwatchedImport: [service: ServiceConfig, found: UnwatchedImport];
  /** Files have been shown to be written only by builds or backends. They start no more builds. */
  learned: [service: ServiceConfig, files: readonly OriginatedChange[]];
  /** Backends write files that are watched. The patterns are for "ignore"; each is reported once. */
  written: [service: ServiceConfig, patterns: readonly string[]];
  /** A watched file keeps changing while a program has it open for writing. Emitted once per file and service. */
  unfinished: [service: ServiceConfig, file: OpenFile];
  /** A file, given by relative path, was extended soon after each of the last builds. */
  repeated: [service: ServiceConfig, file: string];
  /** The known output files of a service's builds have changed. Relative paths. */
  outputs: [service: string, files: readonly string[]];
}

/** The dependencies of a hot rebuild. */
export interface HotRebuildParts {
  builder: Builder;
  platform: Platform;
  clock: Clock;
  /** Files that define what to run, apart from the code. Each may be missing. Absolute paths. */
  configFiles: readonly string[];
  /** Reads these files again and calls {@link HotRebuild.redefine} for services that have changed. */
  reloadConfig(): Promise<void>;
  /** Returns files that earlier runs have learned to be output of a service's builds. */
  outputsOf(service: string): readonly string[];
  /** The files that running backends have loaded. */
  loaded: LoadedFiles;
  /** Running backends' reports about the files that they write. */
  writes: WriteReports;
}

/** Keeps running code in step with the files: watches, builds, and rolls good builds out to running backends. */
export class HotRebuild {
  readonly events = new EventEmitter<HotRebuildEvents>();
  readonly #builder: Builder;
  readonly #loops: ReadonlyMap<string, RebuildLoop>;
  #reloading: Promise<void> | undefined;
  #started = false;
  /** Whether watching was ended on purpose. */
  #isClosed = false;
  /** Names of services whose unwatched import was reported. */
  readonly #reported = new Set<string>();

  constructor({ builder, platform, clock, configFiles, reloadConfig, outputsOf, loaded, writes }: HotRebuildParts) {
    this.#builder = builder;
    const reloadOnce = () => {
      this.#reloading ??= reloadConfig().finally(() => {
        this.#reloading = undefined;
      });
      return this.#reloading;
    };
    const origins = new ChangeOrigins(() => clock.now().getTime());
    const evidence = new BackendEvidence(platform, loaded, new ReportedWrites(writes, clock), clock);
    // Services in the same folder see the same files.
    const writtenByRoot = new Map<string, WrittenFiles>();
    const writtenIn = (root: string) => {
      const written = writtenByRoot.get(root) ?? new WrittenFiles();
      writtenByRoot.set(root, written);
      return written;
    };
    const watched = builder.definitions.filter(({ watch }) => watch.length > 0);
    this.#loops = new Map(
      watched.map((service) => {
        const outputs = outputsOf(service.name);
        const rolledOut = () => untilReachable(platform, service.name);
        const world = { builder, clock, configFiles, reloadConfig: reloadOnce, outputs, evidence, origins, rolledOut };
        const loop = new RebuildLoop(service, world);
        loop.events.on('problem', (error) => this.events.emit('watchProblem', service, error));
        loop.events.on('learned', (files) => this.events.emit('learned', service, files));
        loop.events.on('written', (files) => {
          const patterns = writtenIn(service.root).note(files);
          if (patterns.length > 0) this.events.emit('written', service, patterns);
        });
        loop.events.on('unfinished', (file) => this.events.emit('unfinished', service, file));
        loop.events.on('repeated', (file) => this.events.emit('repeated', service, file));
        loop.events.on('outputs', (files) => this.events.emit('outputs', service.name, files));
        if (service.runtime === 'process') attributeWrites(platform, service.name, origins, evidence);
        return [service.name, loop];
      }),
    );
    platform.events.on('backend', ({ identity: { service } }) => {
      if (service.definition !== undefined) void this.#lookForUnwatchedImport(service.definition);
    });
    builder.events.on('good', (name, build, reason) => {
      const service = builder.definitions.find((each) => each.name === name);
      if (service === undefined || build.number === 1) return;
      // Files were saved during the build, perhaps with a typo, and new backends would start with them. Replace backends
      // only after the next build, which checks them.
      if (this.#loops.get(name)?.isOutdated(build.number)) return;
      const older = service.onChange === 'keep' ? [] : backendsOlderThan(platform, name, build);
      if (older.length > 0) this.events.emit('rolledOut', service, build.number, older.length);
      rollOut(older, service.onChange, build, reason);
    });
  }

  /** Starts watching. Resolves when every later change will be noticed. */
  async start(): Promise<void> {
    await Promise.all(this.#all.map((loop) => loop.start()));
    this.#started = true;
    for (const name of this.#loops.keys()) void this.#lookForUnwatchedImport(name);
  }

  /**
   * Reports an unwatched import. Repeated for new backends, since files may be written, or import others, only after the
   * start.
   */
  async #lookForUnwatchedImport(name: string): Promise<void> {
    const service = this.#builder.definitions.find((each) => each.name === name);
    const loop = this.#loops.get(name);
    if (service === undefined || loop === undefined || !this.#started || this.#reported.has(name)) return;
    const found = await findUnwatchedImport(service, (path) => loop.misses(path));
    if (found === undefined || this.#isClosed || this.#reported.has(name)) return;
    this.#reported.add(name);
    this.events.emit('unwatchedImport', service, found);
  }

  /** Whether changes are currently noticed. */
  get watching(): boolean {
    return this.#started && this.watches && !this.paused;
  }

  /** Whether anything is watched at all. */
  get watches(): boolean {
    return this.#loops.size > 0;
  }

  get paused(): boolean {
    return this.#all.some((loop) => loop.paused);
  }

  /** Pauses or resumes. Resuming also reports the changes made during the pause. */
  togglePause(): void {
    const { paused } = this;
    for (const loop of this.#all) {
      if (paused) loop.resume();
      else loop.pause();
    }
  }

  /** Replaces the settings of the service with the same name, and builds it with them. */
  async redefine(service: ServiceConfig, reason: string): Promise<void> {
    this.#builder.redefine(service);
    const loop = this.#loops.get(service.name);
    if (loop !== undefined) await loop.redefine(service, reason);
    else void this.#builder.build(service.name, reason);
  }

  /**
   * Identifies the current input of a service's builds, for comparison.
   * @returns the same text for the same content; if it is unknown, a text that no other call returns
   */
  async contentOf(service: string): Promise<string> {
    return (await this.#loops.get(service)?.content()) ?? randomUUID();
  }

  /** Returns absolute paths of a service's files that are known to have changed since the start of its last good build. */
  unbuiltFilesOf(service: string): readonly string[] {
    return this.#loops.get(service)?.unbuilt ?? [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#all.map((loop) => loop.close()));
  }

  get #all(): RebuildLoop[] {
    return [...this.#loops.values()];
  }
}
