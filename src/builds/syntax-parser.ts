import { Worker } from 'node:worker_threads';
import { noteHandled } from '../os/debug/debug-log.js';

/** How Node.js takes a file: `either` is a `.js` file whose package does not say, where the syntax decides. */
export type ModuleFormat = 'commonjs' | 'module' | 'either';

/** What runs in the thread: it compiles sources as Node.js' loaders do, and runs none of them. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
const vm = require('node:vm');
const compile = {
  commonjs: (source) => vm.compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname']),
  module: (source) => new vm.SourceTextModule(source),
};
function accepts(source, format) {
  try {
    compile[format](source);
    return true;
  } catch (syntaxError) {
    return false;
  }
}
parentPort.on('message', ({ id, source, format }) => {
  const formats = format === 'either' ? ['commonjs', 'module'] : [format];
  parentPort.postMessage({ id, accepted: formats.some((each) => accepts(source, each)) });
});
`;

interface Answer {
  id: number;
  accepted: boolean | undefined;
}

/**
 * Finds out within a millisecond whether a JavaScript source has a syntax error; a process of `node --check` takes as long
 * as the start of a backend. The sources are compiled in a thread, which is started for the first of them.
 */
export class SyntaxParser {
  readonly #pending = new Map<number, (accepted: boolean | undefined) => void>();
  #thread: Worker | undefined;
  #lastId = 0;

  /** @returns undefined if it can't be found out */
  accepts(source: string, format: ModuleFormat): Promise<boolean | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      try {
        this.#thread ??= this.#start();
        this.#thread.postMessage({ id, source, format });
      } catch (error) {
        // No thread can be started, for want of memory for example.
        noteHandled('builds', 'starting a thread to check syntax', error);
        this.#settle({ id, accepted: undefined });
      }
    });
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const execArgv = ['--experimental-vm-modules', '--no-warnings'];
    const thread = new Worker(THREAD, { eval: true, env: {}, execArgv, stdout: true, stderr: true });
    // It must not keep a program running that is done otherwise.
    thread.unref();
    thread.on('message', (answer: Answer) => this.#settle(answer));
    // An error, too, ends it; the next source starts another one.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      this.#thread = undefined;
      for (const id of this.#pending.keys()) this.#settle({ id, accepted: undefined });
    });
    return thread;
  }

  #settle({ id, accepted }: Answer): void {
    this.#pending.get(id)?.(accepted);
    this.#pending.delete(id);
  }
}
