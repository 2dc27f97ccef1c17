import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { basename, resolve } from 'node:path';
import type { ServiceConfig } from '../config/service-config.js';
import type { BuildOutcome } from '../contract/dev-endpoints.js';
import { pause } from '../os/clock.js';
import { noteDecision } from '../os/debug/debug-log.js';
import { createFingerprint } from '../os/fingerprint.js';
import type { Lingering } from '../processes/lingering.js';
import { type Change, MISSING } from '../watch/change.js';
import { FileWatcher } from '../watch/file-watcher.js';
import { watchRequestOf } from '../watch/watch-request.js';
import { BuildOutputs } from './build-outputs.js';
import { BuildTriggers, type Trigger } from './build-triggers.js';
import type { OpenSpan } from './change-origins.js';
import { ChangedFiles } from './changed-files.js';
import { describeFiles } from './describe-files.js';
import { GrownFiles } from './grown-files.js';
import { judgeChanges } from './judge-changes.js';
import type { RebuildLoopEvents, RebuildLoopWorld } from './rebuild-loop-world.js';
import { UnfinishedFiles } from './unfinished-files.js';

/** How long nothing may have run before changes written by builds are built once more. */
const QUIET_MS = 5_000;
/** How long a comparison waits for files to stop changing. After that, the changes are unknown. */
const SETTLE_DEADLINE_MS = 2_000;

/** Watches the files of one service and starts a build when they change. */
export class RebuildLoop {
  readonly events = new EventEmitter<RebuildLoopEvents>();
  readonly #world: RebuildLoopWorld;
  readonly #triggers: BuildTriggers;
  readonly #files = new ChangedFiles();
  readonly #unfinished: UnfinishedFiles;
  readonly #grown = new GrownFiles((file) => this.events.emit('repeated', file));
  #service: ServiceConfig;
  #watcher: FileWatcher;
  #outputs: BuildOutputs | undefined;
  /** The last handled batch of changes. Batches are handled one after the other. */
  #deciding: Promise<unknown> = Promise.resolve();
  /** Numbers of the builds that this loop has started. */
  readonly #own = new Set<number>();
  #building: { number: number; startedAt: number; span: OpenSpan | undefined } | undefined;
  #cancelQuiet: (() => void) | undefined;
  /** When sessions received the last build, in milliseconds since 1970; infinite while that is in progress. */
  #rolledOutAtMs = Number.NEGATIVE_INFINITY;
  #knownOutputs: readonly string[];
  /** The newest good build that may not include a file's current content, because the file was saved during the build. */
  #outdated: number | undefined;
  #closed = false;

  constructor(service: ServiceConfig, world: RebuildLoopWorld) {
    this.#service = service;
    this.#world = world;
    this.#triggers = new BuildTriggers(world.outputs);
    this.#knownOutputs = this.#triggers.outputs.sort();
    this.#watcher = this.#watch();
    this.#outputs = outputsOf(service);
    this.#unfinished = new UnfinishedFiles(
      world.clock,
      (changes) => this.#handle(changes),
      (file) => this.events.emit('unfinished', file),
    );
    world.builder.events.on('started', (name, number) => {
      if (name === this.#service.name) this.#buildStarted(number);
    });
    world.builder.events.on('ended', (name, outcome) => {
      if (name === this.#service.name) void this.#buildEnded(outcome);
    });
  }

  /** Starts watching. Resolves when every later change will be noticed. */
  async start(): Promise<void> {
    await this.#watcher.start();
  }

  /** Absolute paths of files that changed since the start of the last good build. */
  get unbuilt(): readonly string[] {
    return this.#files.unbuilt;
  }

  /** See {@link FileWatcher.misses}. */
  misses(path: string): boolean {
    return this.#watcher.misses(path);
  }

  get paused(): boolean {
    return this.#watcher.paused;
  }

  /** Holds changes back until {@link resume}. */
  pause(): void {
    this.#watcher.pause();
  }

  resume(): void {
    this.#watcher.resume();
  }

  /**
   * Replaces the settings of the service and builds it with them.
   * @param reason for a person, such as "changed: jamdev.config.json"
   */
  async redefine(service: ServiceConfig, reason: string): Promise<void> {
    const [before, after] = [this.#service, service].map((each) => JSON.stringify(watchRequestOf(each, [])));
    this.#service = service;
    this.#outputs = outputsOf(service);
    void this.#world.builder.build(service.name, reason);
    if (before === after || this.#closed) return;
    const old = this.#watcher;
    this.#watcher = this.#watch();
    if (old.paused) this.#watcher.pause();
    await Promise.all([old.close(), this.#watcher.start()]);
  }

  /**
   * Identifies the current input of the service's builds, for comparison.
   * @returns the same text for the same content; if it is unknown, a text that no other call returns
   */
  async content(): Promise<string> {
    const settled = this.#watcher.settled().then(() => true);
    const isKnown = await Promise.race([settled, pause(SETTLE_DEADLINE_MS).then(() => false)]);
    await this.#deciding;
    if (!isKnown) return randomUUID();
    // A requested build has seen these changes. The build for them follows after the pause.
    const held = await this.#watcher.heldBack();
    const missedChange = await this.#mayHaveMissedChange(held);
    if (missedChange) this.#outdated = this.#building?.number;
    const output = await this.#outputs?.look(this.#building?.startedAt ?? 0, (paths) =>
      this.#world.evidence.leftByBackends(paths),
    );
    return missedChange ? randomUUID() : `${this.#files.fingerprintWith(held)} ${output ?? ''}`;
  }

  /**
   * Whether a file was saved during a good build. Another build follows, since this one has not checked the file's new
   * content.
   */
  isOutdated(number: number): boolean {
    return this.#outdated === number;
  }

  /**
   * Whether a file was saved after the running build may have read it. The next build then starts from the same files but
   * produces a different result, and if the output is in another folder, nothing else shows that. A file counts as saved if
   * it existed before and no build has written it so far.
   */
  async #mayHaveMissedChange(held: readonly Change[]): Promise<boolean> {
    const outputs = this.#outputs;
    if (outputs === undefined || this.#building === undefined) return false;
    const learned = new Set(this.#triggers.outputs.map((file) => this.#absolute(file)));
    const replaced = held.filter(({ before }) => before !== MISSING).map(({ absolute }) => absolute);
    const changed = [...this.#files.replacedSinceStart, ...replaced];
    const saved = changed.filter((path) => !outputs.knows(path) && !learned.has(path));
    return (await this.#world.origins.changedSince(saved, this.#building.startedAt)).length > 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting();
    this.#unfinished.close();
    await this.#watcher.close();
  }

  #watch(): FileWatcher {
    const watcher = new FileWatcher(watchRequestOf(this.#service, this.#world.configFiles));
    watcher.events.on('changed', (changes) => this.#handle(changes));
    watcher.events.on('problem', (error) => this.events.emit('problem', error));
    return watcher;
  }

  #handle(changes: readonly Change[]): void {
    this.#deciding = this.#deciding
      .then(() => this.#changed(changes))
      // A failure for these changes must not end all sessions, nor the handling of later changes.
      .catch((error: NodeJS.ErrnoException) => this.events.emit('problem', error));
  }

  async #changed(changes: readonly Change[]): Promise<void> {
    // The start script in package.json also defines what to run.
    const isOfConfig = ({ absolute }: Change) => this.#isConfig(absolute) || basename(absolute) === 'package.json';
    const before = this.#service;
    if (changes.some(isOfConfig)) await this.#world.reloadConfig();
    const code = changes.filter(({ absolute }) => !this.#isConfig(absolute));
    if (code.length === 0) return;
    const { own, built, others, origins } = await judgeChanges(code, before, {
      ...this.#world,
      hold: (found) => this.#unfinished.hold(found),
      findLogs: (found) => this.#grown.findLogs(found, this.#nowMs() - this.#rolledOutAtMs < QUIET_MS),
    });
    if (own.length > 0) this.events.emit('written', own);
    this.#files.noteBuilt(built);
    this.#triggers.built(built.map(({ path }) => path));
    this.#tellOutputs();
    if (others.length === 0) return;
    this.#files.note(others);
    const trigger = this.#triggers.changed(origins);
    noteDecision('builds', () => {
      const files = origins.map(({ file, origin }) => `${file} (by ${origin})`).join(', ');
      return `${this.#service.name}: changed ${files}: ${trigger.kind}`;
    });
    // If the service's settings have changed, it is already being built for that.
    if (this.#service === before) this.#follow(trigger);
  }

  #buildStarted(number: number): void {
    this.#rolledOutAtMs = Number.POSITIVE_INFINITY;
    this.#building?.span?.end();
    this.#stopWaiting();
    // Image builds do not write to their context.
    const writes = this.#service.runtime === 'process' && this.#service.build !== undefined;
    const span = writes ? this.#world.origins.begin('build') : undefined;
    this.#building = { number, startedAt: this.#nowMs(), span };
    this.#files.buildStarted();
    if (!this.#own.delete(number)) this.#triggers.asked();
    this.#triggers.buildStarted();
  }

  async #buildEnded(outcome: BuildOutcome): Promise<void> {
    if (outcome.result === 'superseded') return;
    const endedAt = this.#nowMs();
    if (outcome.result === 'succeeded') this.#files.buildSucceeded();
    const building = this.#building;
    // Processes that it left running may write for a while; no one has to wait for that.
    const lingering = this.#world.builder.lingering(this.#service.name);
    building?.span?.endUnless(lingering);
    void this.#awaitLastWrites(lingering);
    await Promise.race([this.#watcher.settled(), pause(SETTLE_DEADLINE_MS)]);
    await this.#deciding;
    // The next build would overwrite files that backends read while they start.
    if (building === this.#building) {
      const rolledOut = this.#world.rolledOut().then(() => {
        if (building === this.#building) this.#rolledOutAtMs = this.#nowMs();
      });
      await Promise.race([rolledOut, pause(SETTLE_DEADLINE_MS)]);
    }
    await this.#deciding;
    if (building === undefined || building !== this.#building) return;
    const tested = [...this.#triggers.inQuestion];
    const toAbsolute = new Map(tested.map((file) => [this.#absolute(file), file]));
    const { origins } = this.#world;
    const written = await origins.changedSince([...toAbsolute.keys()], building.startedAt);
    const later = await origins.changedAfter(written, endedAt);
    if (building !== this.#building) return;
    const toFiles = (paths: readonly string[]) => new Set(paths.map((path) => toAbsolute.get(path) ?? ''));
    this.#follow(this.#triggers.buildEnded(toFiles(written), toFiles(later)));
  }

  async #awaitLastWrites(lingering: Promise<Lingering | undefined>): Promise<void> {
    await (await lingering)?.gone;
    await this.#watcher.settled();
    await this.#deciding;
    this.#triggers.buildLeft();
  }

  #follow(trigger: Trigger): void {
    this.#tellOutputs();
    if (trigger.kind === 'build') this.#build(trigger.files);
    else if (trigger.kind === 'hold') this.#waitForQuiet();
    if (trigger.learned !== undefined) this.events.emit('learned', trigger.learned);
  }

  #tellOutputs(): void {
    const outputs = this.#triggers.outputs.sort();
    if (outputs.join('\0') === this.#knownOutputs.join('\0')) return;
    this.#knownOutputs = outputs;
    this.events.emit('outputs', outputs);
  }

  #build(files: readonly string[]): void {
    if (this.#closed) return;
    const { builder } = this.#world;
    void builder.build(this.#service.name, describeFiles(files));
    this.#own.add(builder.newestNumber(this.#service.name));
  }

  /** Schedules the build of held-back changes for some time after the last build, even if a backend keeps writing. */
  #waitForQuiet(): void {
    if (!this.#triggers.isHolding || this.#closed) return;
    this.#cancelQuiet ??= this.#world.clock.after(QUIET_MS, () => {
      this.#cancelQuiet = undefined;
      this.#follow(this.#triggers.release());
    });
  }

  #stopWaiting(): void {
    this.#cancelQuiet?.();
    this.#cancelQuiet = undefined;
  }

  #isConfig(path: string): boolean {
    return this.#world.configFiles.includes(path);
  }

  #nowMs(): number {
    return this.#world.clock.now().getTime();
  }

  #absolute(file: string): string {
    return resolve(this.#service.root, file);
  }
}

function outputsOf(service: ServiceConfig): BuildOutputs | undefined {
  if (service.runtime !== 'process' || service.build === undefined) return undefined;
  return new BuildOutputs(service.cwd, createFingerprint());
}
