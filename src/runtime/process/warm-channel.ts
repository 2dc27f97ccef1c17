import { rmSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ignoreError } from '../../os/debug/debug-log.js';
import type { PipePool } from '../../processes/pipe-pool.js';
import { SLOT_VARIABLE } from '../../processes/process-snapshot.js';
import type { SupervisedChild } from '../../processes/supervised-child.js';
import { StandbyFolder } from '../standby/standby-folder.js';

/**
 * Higher than all descriptors that Node.js opens before the app, so that they have the same numbers as in a process
 * that was not started ahead of time. The descriptor table initially has this many places.
 */
const CHANNEL_FD = 63;

/** Receives the reports of stand-by.cjs, each a character, and the end of all reports. */
export type HearReport = (report: string | 'closed') => void;

/** The communication between jamdev and a process in standby; see stand-by.cjs. */
export interface WarmChannel {
  /** The number of the channel's descriptor in the process, 3 or more. */
  readonly descriptor?: number;
  /** The variables that tell the process about the channel. */
  readonly variables: Record<string, string>;
  /** Starts listening. */
  attach(child: SupervisedChild, hear: HearReport): void;
  /** Gives a process in standby its environment. */
  assign(env: NodeJS.ProcessEnv): void;
  /** Closes the channel, which ends a process that is still waiting. Safe to call again. */
  close(): void;
}

/** A channel to a process that jamdev starts itself. */
export class DescriptorChannel implements WarmChannel {
  readonly descriptor = CHANNEL_FD;
  readonly variables = { JAMDEV_STANDBY_FD: String(CHANNEL_FD) };
  #channel: Duplex | undefined;

  attach({ channel }: SupervisedChild, hear: HearReport): void {
    this.#channel = channel;
    channel?.on('data', (bytes: Buffer) => {
      for (const report of bytes.toString('latin1')) hear(report);
    });
    // The process ended during a write; `close` follows.
    channel?.on('error', ignoreError('processes', 'writing to a process that stands by'));
    channel?.on('close', () => hear('closed'));
  }

  assign(env: NodeJS.ProcessEnv): void {
    this.#channel?.end(`${JSON.stringify(env)}\n`);
  }

  close(): void {
    this.#channel?.destroy();
  }
}

/** A channel to a process that a package runner starts. Variables that the runner sets are kept. */
export class PipeChannel implements WarmChannel {
  readonly variables: Record<string, string>;
  readonly #booted: NodeJS.ProcessEnv;
  readonly #parent: string;
  readonly #folder: StandbyFolder;

  private constructor(script: readonly string[], booted: NodeJS.ProcessEnv, parent: string, folder: StandbyFolder) {
    this.variables = { JAMDEV_STANDBY_FOLDER: folder.path, JAMDEV_STANDBY_SCRIPT: script.join(' ') };
    this.#booted = booted;
    this.#parent = parent;
    this.#folder = folder;
  }

  /**
   * Creates a channel.
   * @param script the words after `node` in the runner's script; the process that is started with them goes into
   *   standby
   * @param booted the environment of the runner, without the variables for standby
   * @throws the system's error
   */
  static async make(script: readonly string[], booted: NodeJS.ProcessEnv, pipes: PipePool): Promise<PipeChannel> {
    const parent = await pipes.makeFolder();
    try {
      return new PipeChannel(script, booted, parent, await StandbyFolder.make(parent, {}));
    } catch (error) {
      rmSync(parent, { recursive: true, force: true });
      throw error;
    }
  }

  attach(child: SupervisedChild, hear: HearReport): void {
    this.#folder.onReport((report) => {
      // The process has opened the pipes, so their names are no longer needed.
      this.#removeNames();
      hear(report);
    });
    void child.exit.then(() => {
      // Deferred so that earlier reports of the process are handled first.
      setImmediate(() => {
        hear('closed');
        // A package runner may have ended before the process that it started.
        this.close();
      });
    });
  }

  assign(env: NodeJS.ProcessEnv): void {
    const { NODE_OPTIONS: _, ...wanted } = env;
    const changed = Object.entries(wanted).filter(([name, value]) => this.#booted[name] !== value);
    const lost = [SLOT_VARIABLE, ...Object.keys(this.#booted)].filter((name) => env[name] === undefined);
    this.#folder.assign(
      JSON.stringify({ ...Object.fromEntries(lost.map((name) => [name, null])), ...Object.fromEntries(changed) }),
    );
  }

  close(): void {
    // Removed first: a process that has opened only one of the pipes would wait forever for a writer of the other.
    this.#removeNames();
    this.#folder.close();
  }

  /** Removes the names of the pipes. Best effort: a later start removes the folders of dead processes. */
  #removeNames(): void {
    try {
      rmSync(this.#parent, { recursive: true, force: true });
    } catch (error) {
      ignoreError('processes', 'removing the pipes to a process that stands by')(error);
    }
  }
}
