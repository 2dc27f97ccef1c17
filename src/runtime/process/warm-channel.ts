import { rmSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ignoreError } from '../../os/debug/debug-log.js';
import type { PipePool } from '../../processes/pipe-pool.js';
import { SLOT_VARIABLE } from '../../processes/process-snapshot.js';
import type { SupervisedChild } from '../../processes/supervised-child.js';
import { StandbyFolder } from '../standby/standby-folder.js';

/**
 * Higher than all descriptors that Node.js opens before the app, which therefore have the same numbers as in a process
 * that was not started ahead of time. The table of descriptors has this many places from the start.
 */
const CHANNEL_FD = 63;

/** Receives the reports of stand-by.cjs, each a character, and when no more can come. */
export type HearReport = (report: string | 'closed') => void;

/** How jamdev and a process that stands by talk with each other; see stand-by.cjs. */
export interface WarmChannel {
  /** The descriptor, 3 or more, at which the process finds it. */
  readonly descriptor?: number;
  /** By which the process finds it. */
  readonly variables: Record<string, string>;
  /** Begins to listen. */
  attach(child: SupervisedChild, hear: HearReport): void;
  /** Gives the process, which stands by, its environment. */
  assign(env: NodeJS.ProcessEnv): void;
  /** Ends it, and a process that still waits. Safe to call again. */
  close(): void;
}

/** Leads to a process that jamdev starts itself. */
export class DescriptorChannel implements WarmChannel {
  readonly descriptor = CHANNEL_FD;
  readonly variables = { JAMDEV_STANDBY_FD: String(CHANNEL_FD) };
  #channel: Duplex | undefined;

  attach({ channel }: SupervisedChild, hear: HearReport): void {
    this.#channel = channel;
    channel?.on('data', (bytes: Buffer) => {
      for (const report of bytes.toString('latin1')) hear(report);
    });
    // It ended while it was being written to: `close` follows.
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

/** Leads to a process that a package runner starts. What the runner puts into the environment stays there. */
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
   * Makes one.
   * @param script what follows `node` in it: the process that is started so stands by
   * @param booted what the runner is started with, without what makes the process stand by
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
      // The process has opened the pipes.
      this.#removeNames();
      hear(report);
    });
    void child.exit.then(() => {
      // After what the process has reported before.
      setImmediate(() => {
        hear('closed');
        // A package runner may have ended without the process that it started.
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
    // First: a process that opened only one of the pipes so far would wait for a writer of the other forever.
    this.#removeNames();
    this.#folder.close();
  }

  /** Best effort: a later start removes the folder of a program that has ended. */
  #removeNames(): void {
    try {
      rmSync(this.#parent, { recursive: true, force: true });
    } catch (error) {
      ignoreError('processes', 'removing the pipes to a process that stands by')(error);
    }
  }
}
