import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 15_000;
/** Pipe ends that are made ahead of time; more than that is a leak. */
const MAX_SPARE_PIPES = 32;

export interface Memory {
  rss: number;
  heapUsed: number;
}

export interface DevProcessOptions {
  /** The repository's root, with the built command line. */
  root: string;
  /** How to start a backend. */
  command: string;
}

/** A real `jamdev dev` in its own process, observed from outside. */
export class DevProcess {
  /** For files of the run, outside of the project, whose files are watched. */
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'jamdev-fuzz-')));
  readonly #project = join(this.folder, 'project');
  readonly #child: ChildProcess;
  readonly #memoryFile = join(this.folder, 'memory.json');
  readonly #exited: Promise<unknown>;
  #output = '';
  apiPort = 0;
  proxyPort = 0;

  private constructor({ root, command }: DevProcessOptions) {
    mkdirSync(this.#project);
    const { JAMDEV_API_URL: _, ...inherited } = process.env;
    const args = ['--expose-gc', '--require', join(root, 'test/fuzz/settle.cjs'), join(root, 'bin/jamdev.js')];
    this.#child = spawn(
      process.execPath,
      [...args, 'dev', this.#project, '--command', command, '--port', '0', '--proxy-port', '0'],
      {
        cwd: this.#project,
        env: {
          ...inherited,
          NO_COLOR: '',
          XDG_STATE_HOME: join(this.folder, 'state'),
          FUZZ_MEMORY_FILE: this.#memoryFile,
          FUZZ_FOLDER: this.folder,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Starts it and waits for its ports. @throws Error with its output when it does not start */
  static async start(options: DevProcessOptions): Promise<DevProcess> {
    const dev = new DevProcess(options);
    const portOf = (what: string) => new RegExp(`${what}\\s+http://localhost:(\\d+)`).exec(dev.#output)?.[1];
    await until(() => portOf('proxy') !== undefined || !dev.alive, START_DEADLINE_MS);
    dev.apiPort = Number(portOf('API'));
    dev.proxyPort = Number(portOf('proxy'));
    if (dev.alive && dev.apiPort > 0 && dev.proxyPort > 0) return dev;
    await dev.stop();
    throw new Error(`jamdev dev did not start: ${dev.#output}`);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get output(): string {
    return this.#output;
  }

  /** Signs of an internal failure in its output: a stack, or a logged fault. */
  get failures(): string[] {
    const lines = this.#output.split('\n');
    return lines.flatMap((line, index) =>
      /^\s+at .+:\d+:\d+\)?$/.test(line) || /jamdev failed|Uncaught|Warning:/.test(line)
        ? [lines.slice(Math.max(0, index - 3), index + 6).join('\n')]
        : [],
    );
  }

  /**
   * Everything that it has open: descriptors by their targets, without the pipes prepared for the next backends. Linux
   * only; elsewhere undefined.
   */
  descriptors(): string[] | undefined {
    const folder = `/proc/${this.#child.pid}/fd`;
    try {
      const all = readdirSync(folder).map((name) => {
        try {
          return readlinkSync(`${folder}/${name}`);
        } catch {
          return 'closed meanwhile';
        }
      });
      const spare = all.filter((each) => each.includes('/jamdev-pipes-'));
      return spare.length > MAX_SPARE_PIPES ? all : all.filter((each) => !spare.includes(each));
    } catch {
      return undefined;
    }
  }

  /** Its memory after a full garbage collection. */
  async settledMemory(): Promise<Memory> {
    rmSync(this.#memoryFile, { force: true });
    this.#child.kill('SIGUSR2');
    let memory: Memory | undefined;
    await until(() => {
      try {
        memory = JSON.parse(readFileSync(this.#memoryFile, 'utf8')) as Memory;
      } catch {
        return !this.alive;
      }
      return true;
    }, START_DEADLINE_MS);
    if (memory === undefined) throw new Error('the dev server did not tell its memory');
    return memory;
  }

  /** Sends a request to the API. @returns the parsed answer */
  api<T>(method: string, path: string, body?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const outgoing = request({ host: '127.0.0.1', port: this.apiPort, method, path, headers, agent: false });
      outgoing.setTimeout(START_DEADLINE_MS, () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
      outgoing.once('error', reject);
      outgoing.once('response', async (response) => {
        try {
          let text = '';
          for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
          if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${text}`);
          resolve(JSON.parse(text) as T);
        } catch (error) {
          reject(error);
        }
      });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Ends it, by force if necessary, and removes its folder. */
  async stop(): Promise<void> {
    if (this.alive) this.#child.kill('SIGINT');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.#exited;
    clearTimeout(force);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Polls until a condition holds. @returns whether it held before the deadline */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}
