import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../support/wait.js';
import { type Answer, ask } from './http-client.js';
import type { SoakProject } from './project.js';

const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 60_000;
const KEPT_OUTPUT_CHARACTERS = 4_000;

export interface Memory {
  rss: number;
  heapUsed: number;
}

/** One life of a dev server: a `jamdev dev` in its own process, from start to end. */
export class DevServer {
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #memoryFile: string;
  /** Set when its end was requested. */
  #isEnding = false;
  #isStuck = false;
  /** Its first output, which contains its ports, and its last. */
  #head = '';
  #tail = '';
  apiUrl = '';
  proxyUrl = '';

  private constructor(repository: string, project: SoakProject, tag: string, recorder: string) {
    this.#memoryFile = join(project.root, 'memory.json');
    const { JAMDEV_API_URL: _, ...inherited } = process.env;
    const node = ['--expose-gc', '--require', join(repository, 'test/fuzz/settle.cjs')];
    const ports = ['--port', '0', '--proxy-port', '0'];
    const command = [join(repository, 'bin/jamdev.js'), 'dev', project.folder, ...ports, ...project.options(tag)];
    this.#child = spawn(process.execPath, [...node, ...command, '--env', `SOAK_RECORDER=${recorder}`], {
      env: {
        ...inherited,
        NO_COLOR: '',
        XDG_STATE_HOME: project.stateHome,
        TMPDIR: project.temp,
        FUZZ_MEMORY_FILE: this.#memoryFile,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (this.#head.length < KEPT_OUTPUT_CHARACTERS) this.#head += text;
        this.#tail = (this.#tail + text).slice(-KEPT_OUTPUT_CHARACTERS);
      });
    }
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /**
   * Starts it and waits until it notices file changes.
   * @param tag of its backends: of the soak, and of this life
   * @param recorder where backends report their keys, `HOST PORT`
   * @throws Error with its output when it does not start
   */
  static async start(repository: string, project: SoakProject, tag: string, recorder: string): Promise<DevServer> {
    const server = new DevServer(repository, project, tag, recorder);
    const urlOf = (what: string) => new RegExp(`${what}\\s+(http://localhost:\\d+)`).exec(server.#head)?.[1] ?? '';
    const isWatching = async () => {
      if (server.hasEnded) throw new Error('it has ended');
      server.apiUrl = urlOf('API');
      server.proxyUrl = urlOf('proxy');
      if (server.proxyUrl === '') return false;
      return (await ask(`${server.apiUrl}/_jamdev/info`))?.text.includes('"watching":true');
    };
    try {
      await waitFor(isWatching, 'jamdev dev to watch its project', START_DEADLINE_MS);
      return server;
    } catch (error) {
      await server.stop();
      throw new Error(`jamdev dev did not start:\n${server.output}`, { cause: error });
    }
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Whether it ended without a request, or did not end on request. */
  get hasFailed(): boolean {
    return this.#isStuck || (this.hasEnded && !this.#isEnding);
  }

  get output(): string {
    return this.#tail;
  }

  /** Kills it with SIGKILL, so that it cannot clean up. */
  async kill(): Promise<void> {
    this.#isEnding ||= !this.hasEnded;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Ends it as Ctrl-C does; by force if that takes too long, which is a failure. */
  async stop(): Promise<void> {
    this.#isEnding ||= !this.hasEnded;
    this.#child.kill('SIGINT');
    const force = setTimeout(() => {
      this.#isStuck = true;
      this.#child.kill('SIGKILL');
    }, STOP_DEADLINE_MS);
    await this.exited;
    clearTimeout(force);
  }

  /** Sends a request to its API. */
  ask(path: string, body?: unknown): Promise<Answer | undefined> {
    return ask(`${this.apiUrl}${path}`, body);
  }

  /**
   * Lists the targets of its open descriptors, without the pipes prepared for later backends. Linux only; elsewhere
   * undefined.
   */
  descriptors(): string[] | undefined {
    const folder = `/proc/${this.#child.pid}/fd`;
    try {
      return readdirSync(folder).flatMap((name) => {
        try {
          const target = readlinkSync(`${folder}/${name}`);
          return target.includes('/jamdev-pipes-') ? [] : [target];
        } catch {
          // Closed since the folder was read.
          return [];
        }
      });
    } catch {
      return undefined;
    }
  }

  /** Measures its memory after a full garbage collection; bytes. */
  async settledMemory(): Promise<Memory> {
    rmSync(this.#memoryFile, { force: true });
    this.#child.kill('SIGUSR2');
    return waitFor(() => {
      if (this.hasEnded) throw new Error(`jamdev dev ended:\n${this.output}`);
      try {
        return JSON.parse(readFileSync(this.#memoryFile, 'utf8')) as Memory;
      } catch {
        return undefined;
      }
    }, 'the dev server to report its memory');
  }
}
