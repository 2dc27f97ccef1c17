import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceConfig } from '../config/service-config.js';
import type { Platform } from '../platform/platform.js';
import { type Change, describeChanges } from '../watch/change.js';
import { FileWatcher } from '../watch/file-watcher.js';
import { watchRequestOf } from '../watch/watch-request.js';
import type { Builder } from './builder.js';
import { OutputFilter } from './output-filter.js';
import { backendsOlderThan, rollOut } from './rollout.js';

export interface HotRebuildEvents {
  /** Running backends are being ended or replaced for the sake of a new build. */
  rolledOut: [service: ServiceConfig, buildNumber: number, backends: number];
  /** Changes of a service may go unnoticed. */
  watchProblem: [service: ServiceConfig, error: NodeJS.ErrnoException];
  /** The config file was changed, which this dev server does not follow. */
  configChanged: [path: string];
}

/** Keeps running code in step with the files: watches, builds, and brings good builds to running backends. */
export class HotRebuild {
  readonly events = new EventEmitter<HotRebuildEvents>();
  readonly #watchers: FileWatcher[];
  #started = false;

  /** @param configFile absolute path; a change of it is no change of code */
  constructor(
    services: readonly ServiceConfig[],
    configFile: string | undefined,
    builder: Builder,
    platform: Platform,
  ) {
    this.#watchers = services
      .filter((service) => service.watch.length > 0)
      .map((service, index) => {
        const counts = filterOutput(service, builder);
        const watcher = new FileWatcher(watchRequestOf(service, configFile));
        watcher.events.on('changed', (changes) => {
          const code = changes.filter((change) => change.absolute !== configFile && counts(change));
          if (code.length > 0) void builder.build(service.name, describeChanges(code));
          // Every watcher notices it; one is enough to say so.
          const isConfig = changes.some(({ absolute }) => absolute === configFile);
          if (isConfig && index === 0) this.events.emit('configChanged', configFile ?? '');
        });
        watcher.events.on('problem', (error) => this.events.emit('watchProblem', service, error));
        return watcher;
      });
    builder.events.on('good', (name, build, reason) => {
      const service = services.find((each) => each.name === name);
      if (service === undefined || build.number === 1) return;
      const older = service.onChange === 'keep' ? [] : backendsOlderThan(platform, name, build);
      if (older.length > 0) this.events.emit('rolledOut', service, build.number, older.length);
      rollOut(older, service.onChange, build, reason);
    });
  }

  /** Begins to watch. Resolves when every change from now on will be noticed. */
  async start(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.start()));
    this.#started = true;
  }

  /** Whether changes are being noticed. */
  get watching(): boolean {
    return this.#started && this.watches && !this.paused;
  }

  /** Whether anything is watched at all. */
  get watches(): boolean {
    return this.#watchers.length > 0;
  }

  get paused(): boolean {
    return this.#watchers.some((watcher) => watcher.paused);
  }

  /** Ignores changes, or takes notice again, of those in between too. */
  togglePause(): void {
    const { paused } = this;
    for (const watcher of this.#watchers) {
      if (paused) watcher.resume();
      else watcher.pause();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.close()));
  }
}

/** Only build commands write into the project; an image build leaves its context as it is. */
function filterOutput(service: ServiceConfig, builder: Builder): (change: Change) => boolean {
  if (service.runtime !== 'process' || service.build === undefined) return () => true;
  const filter = new OutputFilter(
    () => performance.now(),
    (file) => digestOf(join(service.root, file)),
  );
  builder.events.on('started', (name, number) => {
    if (name === service.name) filter.buildStarted(number);
  });
  builder.events.on('ended', (name) => {
    if (name === service.name) filter.buildEnded();
  });
  return ({ path, what, noticedAtMs }) => filter.counts(path, what === 'created', noticedAtMs);
}

function digestOf(path: string): string {
  try {
    return createHash('sha1').update(readFileSync(path)).digest('hex');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
