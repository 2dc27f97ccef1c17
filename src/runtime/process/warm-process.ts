import { randomUUID } from 'node:crypto';
import type { OutputSource } from '../../contract/dev-endpoints.js';
import type { Clock } from '../../os/clock.js';
import { ignoreError } from '../../os/debug/debug-log.js';
import { inTime } from '../../os/in-time.js';
import { ChildOutput } from '../../processes/child-output.js';
import type { ChildRegister } from '../../processes/child-register.js';
import type { PipePool } from '../../processes/pipe-pool.js';
import { SLOT_VARIABLE, type SnapshotSource } from '../../processes/process-snapshot.js';
import { SupervisedChild } from '../../processes/supervised-child.js';
import type { Stuck } from '../../processes/termination.js';
import { identifyFolder } from '../../records/folder-identity.js';
import type { ProcessBuild } from '../runtime.js';
import type { Standby, StandbyPlace } from '../standby/standby.js';
import { findEndReason } from '../telling-lines.js';
import { findBootDifference, findOversize, findRunnerDifference } from './boot-variables.js';
import { type NodeCommand, readNodeCommand } from './node-command.js';
import { DescriptorChannel, type HearReport, PipeChannel, type WarmChannel } from './warm-channel.js';

/** See stand-by.cjs. */
const STANDS_BY = 'r';
const GOES_ON = 'g';
/** A process that is not in standby within this time never will be. */
const STANDS_BY_TIMEOUT_MS = 60_000;
/**
 * A process that has not taken its environment within this time is stuck, for example after SIGSTOP, and the backend
 * starts without it.
 */
const GOES_ON_TIMEOUT_MS = 10_000;

/** The settings of a process that is started ahead of time. */
export interface WarmBoot {
  place: StandbyPlace<ProcessBuild>;
  command: NodeCommand;
  /** The environment that all backends of the build share. */
  env: NodeJS.ProcessEnv;
  /** The value of NODE_OPTIONS during the start. */
  nodeOptions: string;
}

/** The backend that the process becomes. */
export interface WarmAssignment {
  backendId: string;
  env: NodeJS.ProcessEnv;
  onOutput(source: OutputSource, chunk: Buffer): void;
  onStuck(stuck: Stuck): void;
}

/** The dependencies of a warm process. */
export interface WarmTools {
  register: ChildRegister;
  pipes: PipePool;
  snapshots: SnapshotSource;
  clock: Clock;
}

/** A Node.js process that was started ahead of time and has not loaded any part of the app. */
export class WarmProcess implements Standby {
  readonly ready: Promise<void>;
  readonly gone: Promise<unknown>;
  readonly #boot: WarmBoot;
  readonly #tools: WarmTools;
  readonly #folder: string;
  readonly #started: Promise<SupervisedChild>;
  #child: SupervisedChild | undefined;
  #channel: WarmChannel | undefined;
  #isEnded = false;
  #assignment: WarmAssignment | undefined;
  #isHandedOver = false;
  /** The output from before it became a backend. */
  readonly #printed: [OutputSource, Buffer][] = [];
  readonly #goesOn: Promise<boolean>;
  readonly #hear: HearReport;

  /** Starts the process. */
  constructor(boot: WarmBoot, tools: WarmTools) {
    this.#boot = boot;
    this.#tools = tools;
    const heard = new Map<string, () => void>();
    const first = (message: string) => new Promise<void>((resolve) => heard.set(message, resolve));
    const [standsBy, goesOn, closed] = [first(STANDS_BY), first(GOES_ON), first('closed')];
    this.#hear = (message) => heard.get(message)?.();
    this.#folder = JSON.stringify(identifyFolder(boot.place.build.cwd));
    this.#started = this.#start();
    this.#started.catch(ignoreError('processes', 'starting a process ahead of time'));
    this.gone = this.#started.then(
      (child) => this.#untilGone(child),
      () => undefined,
    );
    this.ready = this.#standBy(standsBy, closed);
    this.ready.catch(ignoreError('processes', 'starting a process ahead of time'));
    this.#goesOn = Promise.race([goesOn.then(() => true), closed.then(() => false)]);
  }

  get isTakeable(): boolean {
    return this.#child !== undefined && !this.#isEnded && this.#assignment === undefined && !this.#child.hasExited;
  }

  /**
   * Finds the reason why it can't become a backend with an environment.
   * @returns the end of a sentence, or undefined if it can
   */
  findDifference(env: NodeJS.ProcessEnv): string | undefined {
    const { place, command } = this.#boot;
    const { cwd, command: line } = place.build;
    if (JSON.stringify(identifyFolder(cwd)) !== this.#folder) return 'the folder it runs in is another one by now';
    const now = readNodeCommand(line, cwd, env);
    if ('why' in now) return now.why;
    const isRunner = command.argumentsOfScript !== undefined;
    if (now.program !== command.program) {
      // If the program has changed, this process is useless and is ended. If only this request's variables differ, it
      // may be used for others.
      if (!this.#isCurrent()) this.end();
      return `${now.file} ${isRunner ? 'or its settings have' : 'or package.json has'} changed since`;
    }
    const difference = findBootDifference(this.#boot.env, env) ?? findOversize(env);
    return difference ?? (isRunner ? findRunnerDifference(this.#boot.env, env) : undefined);
  }

  /**
   * Turns it into a backend, which is recorded before the process is told.
   * @returns undefined if it has ended, or was stuck and has been ended; nothing of it runs then
   * @throws JamdevError `StateFolderUnusable` if the record can't be written
   */
  async assign(assignment: WarmAssignment): Promise<SupervisedChild | undefined> {
    this.#assignment = assignment;
    const [child, channel] = [this.#child, this.#channel];
    if (child === undefined || channel === undefined) return undefined;
    try {
      // Data written to a pipe that nobody has opened yet would be lost.
      if (channel instanceof PipeChannel && !(await this.#isReady())) return await this.#giveUp(child);
      const env = { ...assignment.env, ...this.#tools.register.environment() };
      this.#tools.register.note(await child.tree.rename(assignment.backendId));
      channel.assign(env);
    } catch (error) {
      this.end();
      // The process ended at this moment, so it could not be identified anymore.
      if (!child.hasExited) throw error;
      ignoreError('processes', 'assigning a process that has ended')(error);
      return undefined;
    }
    if (!(await inTime(this.#goesOn, GOES_ON_TIMEOUT_MS, this.#tools.clock))) return this.#giveUp(child);
    channel.close();
    this.#isHandedOver = true;
    for (const [source, chunk] of this.#printed.splice(0)) assignment.onOutput(source, chunk);
    return child;
  }

  end(): void {
    this.#isEnded = true;
    this.#child?.killGroup();
  }

  killNow(): void {
    this.#isEnded = true;
    this.#child?.killGroup();
  }

  /** Whether the same program would still be started. */
  #isCurrent(): boolean {
    const { place, command, env } = this.#boot;
    const now = readNodeCommand(place.build.command, place.build.cwd, env);
    return !('why' in now) && now.program === command.program;
  }

  async #standBy(standsBy: Promise<void>, closed: Promise<void>): Promise<void> {
    const failed = this.#started.then(() => closed).then(() => this.#fail());
    const first = Promise.race([standsBy, failed]).then(() => true);
    if (await inTime(first, STANDS_BY_TIMEOUT_MS, this.#tools.clock)) return;
    throw new Error(`it does not stand by after ${STANDS_BY_TIMEOUT_MS / 1_000} s`);
  }

  #isReady(): Promise<boolean> {
    return this.ready.then(
      () => true,
      () => false,
    );
  }

  /** Ends the process. Once this resolves, another one may become the backend. */
  async #giveUp(child: SupervisedChild): Promise<undefined> {
    this.#isEnded = true;
    child.termination.force();
    await child.termination.over;
  }

  async #start(): Promise<SupervisedChild> {
    const { place, command, env, nodeOptions } = this.#boot;
    const { service, slot, build } = place;
    // Unique on the machine, to find the processes of this one.
    const id = `${service}/${slot}/${randomUUID()}`;
    const outputs = (await ChildOutput.open(2, this.#tools.pipes, () => undefined)) as [ChildOutput, ChildOutput];
    try {
      const channel = await this.#openChannel();
      this.#channel = channel;
      const variables = { NODE_OPTIONS: nodeOptions, [SLOT_VARIABLE]: id, ...channel.variables };
      const child = await SupervisedChild.start(
        {
          id,
          program: { file: command.file, args: command.args, cwd: build.cwd, env: { ...env, ...variables } },
          outputs,
          channelFd: channel.descriptor,
          onOutput: (output, chunk) => this.#print(output === 0 ? 'stdout' : 'stderr', chunk),
        },
        this.#tools.register,
        { onStuck: (stuck) => this.#assignment?.onStuck(stuck) },
        this.#tools.snapshots,
      );
      this.#child = child;
      channel.attach(child, this.#hear);
      if (this.#isEnded) child.killGroup();
      return child;
    } catch (error) {
      this.#channel?.close();
      for (const output of outputs) output.discard();
      throw error;
    }
  }

  async #openChannel(): Promise<WarmChannel> {
    const { command, env } = this.#boot;
    const { argumentsOfScript } = command;
    return argumentsOfScript === undefined
      ? new DescriptorChannel()
      : PipeChannel.make(argumentsOfScript, env, this.#tools.pipes);
  }

  #print(source: OutputSource, chunk: Buffer): void {
    if (this.#isHandedOver) this.#assignment?.onOutput(source, chunk);
    else this.#printed.push([source, chunk]);
  }

  async #fail(): Promise<never> {
    const child = await this.#started;
    const { code, signal } = await child.exit;
    await child.finishOutput();
    const reason = findEndReason(Buffer.concat(this.#printed.map(([, chunk]) => chunk)).toString('utf8'));
    const end = signal ?? `exit code ${code}`;
    throw new Error(`it ended with ${end} while it started${reason === '' ? '' : `: ${reason}`}`);
  }

  async #untilGone(child: SupervisedChild): Promise<void> {
    await child.exit;
    if (this.#isHandedOver) await child.termination.over;
    // It has not run any code of the app, so it can't have left anything behind.
    else await child.finishOutput();
  }
}
