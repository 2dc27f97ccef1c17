import { EventEmitter } from 'node:events';
import type { ServiceConfig } from '../config/service-config.js';
import type { BuildOutcome, ServiceBuild } from '../contract/dev-endpoints.js';
import { connectErrors } from '../contract/errors/connect-errors.js';
import { JamdevError } from '../contract/errors/jamdev-error.js';
import { requestErrors } from '../contract/errors/request-errors.js';
import type { Clock } from '../os/clock.js';
import { orAborted } from '../os/or-aborted.js';
import { asSystemProblem } from '../os/system-problem.js';
import { untilEvent } from '../os/until-event.js';
import type { BuildSource } from '../platform/services.js';
import type { Lingering } from '../processes/lingering.js';
import type { Build } from '../runtime/runtime.js';
import { type BuildProgress, buildsInPlace, buildTogether, type GoodBuild } from './build-progress.js';
import { describeBuild, describeRebuild, type MadeBuild, type MakeBuild } from './make-build.js';

/** How many lines of a failed build go into an error response. */
const ANSWERED_LINES = 20;

export interface BuilderEvents {
  /** `command` is undefined if the service has nothing to build. */
  started: [service: string, number: number, reason: string, command: string | undefined];
  line: [service: string, line: string];
  ended: [service: string, outcome: BuildOutcome, command: string | undefined];
  /** A build that new backends use from now on. */
  good: [service: string, build: Build, reason: string];
  /** A good build that would change nothing for backends. New backends still use the previous one. */
  unchanged: [service: string, build: Build];
}

/**
 * Builds services. Builds are numbered, and the newest wins: an outdated build is canceled, and its result does not count.
 * The last good image stays in use until the next good one. The build command of child processes overwrites its last result,
 * so nothing starts while it runs or after it failed.
 */
export class Builder implements BuildSource {
  readonly events = new EventEmitter<BuilderEvents>().setMaxListeners(0);
  readonly #clock: Clock;
  readonly #make: MakeBuild;
  readonly #services: Map<string, BuildProgress>;
  #closed = false;

  /** @param make performs one build */
  constructor(services: readonly ServiceConfig[], clock: Clock, make: MakeBuild) {
    this.#clock = clock;
    this.#make = make;
    this.#services = new Map(
      services.map((config) => [
        config.name,
        {
          config,
          number: 0,
          good: [],
          failure: undefined,
          running: undefined,
          isHalfBuilt: false,
          overwrites: 0,
          lingering: Promise.resolve(undefined),
        },
      ]),
    );
  }

  /** The settings of each service for its next build, with the default service first. */
  get definitions(): readonly ServiceConfig[] {
    return [...this.#services.values()].map(({ config }) => config);
  }

  /** Returns the settings of a service for its next build. */
  definition(name: string): ServiceConfig {
    return this.#progress(name).config;
  }

  /** Replaces the settings of the service with the same name, from its next build on. */
  redefine(config: ServiceConfig): void {
    this.#progress(config.name).config = config;
  }

  async current(definition: string, signal: AbortSignal): Promise<Build> {
    for (;;) {
      const { usable, running, failure } = this.#look(definition);
      if (usable !== undefined) return usable;
      if (running === undefined) throw failure;
      await orAborted(running, signal);
    }
  }

  async untilUsable(definition: string, signal: AbortSignal, onFailure: (error: Error) => void): Promise<void> {
    for (;;) {
      const { usable, running, failure } = this.#look(definition);
      if (usable !== undefined) return;
      signal.throwIfAborted();
      if (running !== undefined) await orAborted(running, signal);
      else {
        onFailure(failure);
        await untilEvent(this.events, ['started'], signal);
      }
    }
  }

  overwrites(definition: string): number {
    return this.#together(definition).reduce((sum, each) => sum + each.overwrites, 0);
  }

  /** Returns a service and all others with the same build command in the same folder, and therefore the same output. */
  #together(definition: string): [BuildProgress, ...BuildProgress[]] {
    const own = this.#progress(definition);
    return [own, ...[...this.#services.values()].filter((other) => other !== own && buildTogether(own, other))];
  }

  /**
   * Determines whether a process of a service may start: the build to use, or else the build that must end first or has
   * failed.
   */
  #look(definition: string) {
    const all = this.#together(definition);
    const [own] = all;
    const isInPlace = buildsInPlace(own.config);
    const newest = own.good.at(-1)?.build;
    const running = all.find((each) => each.running !== undefined)?.running?.outcome;
    const isWhole = !all.some(({ isHalfBuilt }) => isHalfBuilt) && !(isInPlace && running !== undefined);
    const failed = all.find(({ failure }) => failure !== undefined) ?? own;
    return { usable: isWhole ? newest : undefined, running, failure: failureOf(failed) };
  }

  /** Returns the number of the newest requested build. */
  newestNumber(definition: string): number {
    return this.#progress(definition).number;
  }

  /** Returns the processes that the last completed build left running. */
  lingering(definition: string): Promise<Lingering | undefined> {
    return this.#progress(definition).lingering;
  }

  /** Returns the failure of the newest build; undefined if it succeeded or none has ended yet. */
  failureOf(definition: string): Extract<BuildOutcome, { result: 'failed' }> | undefined {
    return this.#progress(definition).failure;
  }

  /** Returns a service's good builds that can still be run, newest first. */
  goodBuilds(definition: string): readonly GoodBuild[] {
    return this.#progress(definition).good.toReversed();
  }

  /** Forgets a build that can no longer be run. The newest good build is always kept. */
  forget(definition: string, build: Build): void {
    const progress = this.#progress(definition);
    progress.good = progress.good.filter((each, index, all) => each.build !== build || index === all.length - 1);
  }

  assertUsable(definition: string): void {
    const { usable, running, failure } = this.#look(definition);
    if (usable === undefined && running === undefined) throw failure;
  }

  /** Builds every service again. */
  async buildAll(reason: string, after?: Promise<unknown>): Promise<ServiceBuild[]> {
    const builds = [...this.#services.keys()].map(async (service) => ({
      service,
      ...(await this.build(service, reason, after)),
    }));
    return Promise.all(builds);
  }

  /**
   * Builds a service again and cancels its running build.
   * @param reason shown in the terminal: "start", "key b", "changed: server.ts"
   * @param after work that must finish first; waiting for this build includes it
   */
  async build(definition: string, reason: string, after?: Promise<unknown>): Promise<BuildOutcome> {
    const progress = this.#progress(definition);
    if (this.#closed) return { result: 'superseded', number: progress.number };
    const overtaken = progress.running?.outcome;
    progress.running?.controller.abort();
    progress.number += 1;
    if (buildsInPlace(progress.config)) progress.overwrites += 1;
    const controller = new AbortController();
    const { number } = progress;
    // Two builds at once would write into each other's files, so the older one must end first.
    const outcome = Promise.all([overtaken, after]).then(() => this.#run(progress, number, reason, controller.signal));
    progress.running = { controller, outcome };
    return outcome;
  }

  /** Cancels running builds and starts no more. @param reason the abort reason */
  cancelAll(reason?: unknown): Promise<BuildOutcome>[] {
    this.#closed = true;
    const running = [...this.#services.values()].flatMap((progress) => progress.running ?? []);
    for (const { controller } of running) controller.abort(reason);
    return running.map(({ outcome }) => outcome);
  }

  /** Does the same as {@link cancelAll} and waits until the canceled builds have ended. */
  async close(): Promise<void> {
    await Promise.all(this.cancelAll());
  }

  async #run(progress: BuildProgress, number: number, reason: string, signal: AbortSignal): Promise<BuildOutcome> {
    const { config } = progress;
    const startedAt = this.#clock.monotonicMs();
    const command = number === 1 ? describeBuild(config) : describeRebuild(config);
    if (buildsInPlace(config)) progress.isHalfBuilt = true;
    this.events.emit('started', config.name, number, reason, command);
    const tell = (line: string) => this.events.emit('line', config.name, line);
    const result: MadeBuild = await this.#make(config, number, signal, tell).catch((error: unknown) => {
      const failure = describeError(error).replace(/\.$/, '');
      return { build: undefined, fingerprint: '', failure, lines: [], lingering: undefined };
    });
    progress.lingering = result.lingering ?? Promise.resolve(undefined);
    const ms = Math.round(this.#clock.monotonicMs() - startedAt);
    let outcome: BuildOutcome;
    if (signal.aborted) {
      outcome = { result: 'superseded', number };
      // No newer build replaced it: it was canceled because the program exits. Callers must not wait any longer.
      if (progress.number === number) progress.running = undefined;
    } else if (result.build !== undefined) {
      const unchanged = progress.good.at(-1)?.fingerprint === result.fingerprint;
      outcome = { result: 'succeeded', number, ms, ...(unchanged && { unchanged }) };
      if (!unchanged) this.#keep(progress, result.build, result.fingerprint);
      progress.failure = undefined;
      progress.running = undefined;
      progress.isHalfBuilt = false;
    } else {
      outcome = { result: 'failed', number, ms, failure: result.failure, lines: result.lines };
      progress.failure = outcome;
      progress.running = undefined;
    }
    this.events.emit('ended', config.name, outcome, command);
    if (outcome.result === 'succeeded' && result.build !== undefined) {
      if (outcome.unchanged) this.events.emit('unchanged', config.name, result.build);
      else this.events.emit('good', config.name, result.build, reason);
    }
    return outcome;
  }

  /**
   * Adds a good build. A build of child processes has overwritten the previous one; images stay until they are forgotten.
   */
  #keep(progress: BuildProgress, build: Build, fingerprint: string): void {
    const made = { build, fingerprint, builtAt: this.#clock.now() };
    progress.good = build.kind === 'process' ? [made] : [...progress.good, made];
  }

  #progress(definition: string): BuildProgress {
    const progress = this.#services.get(definition);
    if (progress === undefined) throw new Error(`no service definition "${definition}"`);
    return progress;
  }
}

function describeError(error: unknown): string {
  const known = error instanceof JamdevError ? error : asSystemProblem(error);
  return known?.sentence ?? (error instanceof Error ? error.message : String(error));
}

function failureOf({ failure }: BuildProgress): Error {
  if (failure === undefined) return requestErrors.shuttingDown();
  return connectErrors.buildFailed(failure.failure, failure.lines.slice(-ANSWERED_LINES));
}
