import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { OutputSource } from '../../contract/dev-endpoints.js';
import type { Engine } from '../../docker-engine/engine.js';
import type { Clock } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { inTime } from '../../os/in-time.js';
import { appendOwnFile } from '../../records/own-file.js';
import { findBootDifference, findOversize } from '../process/boot-variables.js';
import { readStandBy, withStandBy } from '../process/node-preload.js';
import type { ContainerBuild, SpawnRequest } from '../runtime.js';
import type { Standby, StandbyPlace } from '../standby/standby.js';
import { StandbyFolder } from '../standby/standby-folder.js';
import type { ContainerSpec } from './container-config.js';
import type { ContainerLauncher, Launched } from './container-launcher.js';
import { containerName } from './labels.js';
import type { ImageCommand } from './own-init.js';
import { limitsOf } from './resource-limits.js';

/** The path of that folder inside a container. */
const TARGET = '/jamdev-standby';
/** See stand-by.cjs. */
const [STANDS_BY, GOES_ON, TOO_OLD] = ['r', 'g', 'o'] as const;
/** A container whose Node.js has not reported within this time never will. */
const REPORT_TIMEOUT_MS = 60_000;
/** A container that has not taken its environment within this time is stuck, and the backend starts without it. */
const GOES_ON_TIMEOUT_MS = 10_000;
/** Variables that programs in front of Node.js read, or that are used to find Node.js. */
const READ_BEFORE_NODE = /^(?:PATH|ENV|TINI_.*|DUMB_INIT_.*)$/;

/** The dependencies of warm containers. */
export interface WarmContainerTools {
  engine: Engine;
  launcher: ContainerLauncher;
  clock: Clock;
  /** Absolute path of a private folder for files that are shared with containers. */
  folder: string;
  imageOf(build: ContainerBuild): Promise<ImageCommand>;
  /** Returns the settings that all containers of a build share. */
  specFor(service: string, build: ContainerBuild): Promise<ContainerSpec>;
}

/** A container that was started ahead of time, whose Node.js has not loaded any part of the app. */
export class WarmContainer implements Standby {
  readonly ready: Promise<void>;
  readonly gone: Promise<unknown>;
  readonly #place: StandbyPlace<ContainerBuild>;
  readonly #tools: WarmContainerTools;
  /** A random id, used in the container's label and in the record of its assignment. */
  readonly #id = randomUUID();
  readonly #ending = new AbortController();
  readonly #reports = new Reports();
  /** The output from before it became a backend. */
  readonly #printed: [OutputSource, Buffer][] = [];
  #controls: StandbyFolder | undefined;
  #launched: Launched | undefined;
  /** The variables with which it was started, as far as image and build define them. */
  #booted: Record<string, string> = {};
  #isHandedOver = false;
  #isReady = false;
  #request: SpawnRequest | undefined;
  #assigned: Promise<Launched | undefined> | undefined;

  /** Starts the container. */
  constructor(place: StandbyPlace<ContainerBuild>, tools: WarmContainerTools) {
    this.#place = place;
    this.#tools = tools;
    const launched = this.#start();
    this.ready = this.#becomeReady(launched);
    this.ready.catch(ignoreError('docker', 'starting a container ahead of time'));
    this.gone = launched.then(
      (started) => this.#untilGone(started),
      () => this.#controls?.remove(),
    );
  }

  get isTakeable(): boolean {
    const isThere = this.#launched !== undefined && !this.#launched.container.isDead;
    return this.#isReady && isThere && !this.#ending.signal.aborted && this.#request === undefined;
  }

  /** Finds the reason why it can't become a backend. @returns the end of a sentence, or undefined if it can */
  findDifference({ env, limits, mount }: SpawnRequest): string | undefined {
    if (limitsOf(limits).length > 0) return 'limits are set when a container is created';
    if (mount !== undefined && mount !== false) return 'a mount is set when a container is created';
    for (const name of Object.keys(env)) {
      if (READ_BEFORE_NODE.test(name) && env[name] !== this.#booted[name])
        return `${name} is read before Node.js starts`;
    }
    const wanted = { ...this.#booted, ...env };
    return findBootDifference(this.#booted, wanted) ?? findOversize(wanted);
  }

  /**
   * Turns it into a backend, which is recorded before the container is told.
   * @returns undefined if that failed; it is then being ended, and the backend must not be started before it is
   *   {@link gone}
   */
  assign(request: SpawnRequest): Promise<Launched | undefined> {
    this.#request = request;
    this.#assigned ??= this.#assign(request);
    return this.#assigned;
  }

  end(): void {
    this.#ending.abort();
    this.#launched?.container.terminate(true);
  }

  /** Prevents its use; the launcher kills all containers. */
  killNow(): void {
    this.#ending.abort();
  }

  async #assign(request: SpawnRequest): Promise<Launched | undefined> {
    const [launched, controls] = [this.#launched, this.#controls];
    if (launched === undefined || controls === undefined) return undefined;
    const { container } = launched;
    let goesOn = false;
    try {
      const record = { slot: this.#id, container: container.id, backend: request.backendId, key: request.key };
      appendOwnFile(join(this.#tools.folder, 'assignments'), `${JSON.stringify(record)}\n`);
      // PORT is set by the runtime.
      const { PORT: _, ...changes } = request.env;
      controls.assign(JSON.stringify(changes));
      // The container is loading the app in the meantime.
      const renamed = this.#tools.launcher.rename(launched, containerName(request.backendId));
      goesOn = (await this.#firstReport([GOES_ON], container, GOES_ON_TIMEOUT_MS)) === GOES_ON;
      await renamed;
    } catch (error) {
      ignoreError('docker', 'giving a container its environment')(error);
    }
    controls.close();
    // A container that is being ended may still report that it continues: an engine may resume it to kill it.
    if (!goesOn || this.#ending.signal.aborted) {
      this.end();
      return undefined;
    }
    for (const [source, chunk] of this.#printed.splice(0)) request.onOutput(source, chunk);
    this.#isHandedOver = true;
    return launched;
  }

  async #start(): Promise<Launched> {
    const { imageOf, specFor, folder, launcher } = this.#tools;
    const { service, build } = this.#place;
    const [{ Env }, spec] = await Promise.all([imageOf(build), specFor(service, build)]);
    this.#booted = { ...variablesOf(Env), ...build.env };
    const { NODE_OPTIONS: nodeOptions } = this.#booted;
    const controls = await StandbyFolder.make(folder, readStandBy());
    this.#controls = controls;
    controls.onReport((report) => this.#reports.hear(report));
    const env = {
      NODE_OPTIONS: withStandBy(nodeOptions, `${TARGET}/stand-by.cjs`),
      JAMDEV_STANDBY_FOLDER: TARGET,
      ...(nodeOptions === undefined ? {} : { JAMDEV_STANDBY_NODE_OPTIONS: nodeOptions }),
    };
    const shared = [{ source: controls.path, target: TARGET }];
    const labels = { ...spec.labels, slot: this.#id };
    const name = containerName(`standby-${this.#id.slice(0, 8)}`);
    const listener = { onOutput: (source: OutputSource, chunk: Buffer) => this.#print(source, chunk) };
    const { signal } = this.#ending;
    this.#launched = await launcher.launch(name, listener, { ...spec, labels, env, shared }, signal);
    return this.#launched;
  }

  async #becomeReady(launched: Promise<Launched>): Promise<void> {
    const { container } = await launched;
    // If anyone intervenes from outside, the container is ended, so that no session is affected by it.
    void container.disturbed.then(() => {
      if (!this.#isHandedOver) this.end();
    });
    const report = await this.#firstReport([STANDS_BY, TOO_OLD], container, REPORT_TIMEOUT_MS);
    if (report === TOO_OLD) throw new Error('its Node.js is older than version 16');
    if (report === undefined) throw new Error(`no Node.js started in it within ${REPORT_TIMEOUT_MS / 1_000} s`);
    if (report === 'died') throw new Error(`it ended while it started${this.#lastWords()}`);
    this.#controls?.hidePipes();
    this.#isReady = true;
  }

  /** @returns the first of these reports, 'died', or undefined after the timeout */
  #firstReport(reports: readonly string[], { died }: Launched['container'], timeoutMs: number) {
    const first = reports.map((report) => this.#reports.first(report));
    return inTime(Promise.race([...first, died.then(() => 'died' as const)]), timeoutMs, this.#tools.clock);
  }

  #print(source: OutputSource, chunk: Buffer): void {
    if (this.#isHandedOver) this.#request?.onOutput(source, chunk);
    else this.#printed.push([source, chunk]);
  }

  #lastWords(): string {
    const printed = Buffer.concat(this.#printed.map(([, chunk]) => chunk)).toString('utf8');
    // The error message comes before its stack and, since Node.js 17, before the version.
    const lines = printed.split('\n').map((line) => line.trim());
    const last = lines.filter((line) => line !== '' && !/^at .*\d\)?$|^Node\.js v\d/.test(line)).at(-1);
    return last === undefined ? '' : `: ${last}`;
  }

  async #untilGone(launched: Launched): Promise<void> {
    const { container } = launched;
    await container.died;
    await this.#assigned;
    this.#controls?.remove();
    if (this.#isHandedOver) return;
    const { exitCode } = await container.end();
    await this.#tools.launcher.clear(launched, exitCode === undefined);
  }
}

/** The reports of a process in standby, each at most once. */
class Reports {
  readonly #heard = new Map<string, { promise: Promise<string>; resolve: () => void }>();

  hear(report: string): void {
    this.#entry(report).resolve();
  }

  first(report: string): Promise<string> {
    return this.#entry(report).promise;
  }

  #entry(report: string) {
    const known = this.#heard.get(report);
    if (known !== undefined) return known;
    let resolve: () => void = () => undefined;
    const promise = new Promise<string>((settle) => {
      resolve = () => settle(report);
    });
    const entry = { promise, resolve };
    this.#heard.set(report, entry);
    return entry;
  }
}

function variablesOf(list: ImageCommand['Env']): Record<string, string> {
  return Object.fromEntries((list ?? []).map((each) => [nameOf(each), each.slice(nameOf(each).length + 1)]));
}

function nameOf(variable: string): string {
  return variable.split('=', 1)[0] ?? '';
}
