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

/** Where a container sees that folder. */
const TARGET = '/jamdev-standby';
/** See stand-by.cjs. */
const [STANDS_BY, GOES_ON, TOO_OLD] = ['r', 'g', 'o'] as const;
/** A container whose Node.js does not report within this time never will. */
const REPORT_TIMEOUT_MS = 60_000;
/** One that has not taken its environment by then is stuck: the backend starts without it. */
const GOES_ON_TIMEOUT_MS = 10_000;
/** What programs in front of Node.js read, and what Node.js is found by. */
const READ_BEFORE_NODE = /^(?:PATH|ENV|TINI_.*|DUMB_INIT_.*)$/;

/** What warm containers are started by. */
export interface WarmContainerTools {
  engine: Engine;
  launcher: ContainerLauncher;
  clock: Clock;
  /** Absolute path of a folder of this user alone, for what is shared with containers. */
  folder: string;
  imageOf(build: ContainerBuild): Promise<ImageCommand>;
  /** What all containers of a build have in common. */
  specFor(service: string, build: ContainerBuild): Promise<ContainerSpec>;
}

/** A container that was started ahead of time, whose Node.js has loaded nothing of the app. */
export class WarmContainer implements Standby {
  readonly ready: Promise<void>;
  readonly gone: Promise<unknown>;
  readonly #place: StandbyPlace<ContainerBuild>;
  readonly #tools: WarmContainerTools;
  /** Random; on its label, and in the record of what it became. */
  readonly #id = randomUUID();
  readonly #ending = new AbortController();
  readonly #reports = new Reports();
  /** What it printed before it became a backend. */
  readonly #printed: [OutputSource, Buffer][] = [];
  #controls: StandbyFolder | undefined;
  #launched: Launched | undefined;
  /** The variables that it was started with, as far as the image and the build say. */
  #booted: Record<string, string> = {};
  #isHandedOver = false;
  #isReady = false;
  #request: SpawnRequest | undefined;
  #assigned: Promise<Launched | undefined> | undefined;

  /** Starts it. */
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

  /** Finds what keeps it from becoming a backend. @returns why, as the end of a sentence; undefined: it can */
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
   * Makes it a backend, which is on record before the container learns of it.
   * @returns undefined when it could not become one: then it is being ended, and the backend must not start before it is
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

  /** The launcher kills all containers. */
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
      // PORT is the runtime's.
      const { PORT: _, ...changes } = request.env;
      controls.assign(JSON.stringify(changes));
      // It loads the app meanwhile.
      const renamed = this.#tools.launcher.rename(launched, containerName(request.backendId));
      goesOn = (await this.#firstReport([GOES_ON], container, GOES_ON_TIMEOUT_MS)) === GOES_ON;
      await renamed;
    } catch (error) {
      ignoreError('docker', 'giving a container its environment')(error);
    }
    controls.close();
    // One that is being ended may still say that it goes on: an engine may continue it to kill it.
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
    // Whatever else is done to it from outside, what comes of it is no fault of the session that it would be given to.
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

  /** @returns the first of these reports; 'died', or undefined when nothing has come within the time */
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
    // The error itself stands above its stack and, since Node.js 17, the version.
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

/** What a process that stands by says, each once. */
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
