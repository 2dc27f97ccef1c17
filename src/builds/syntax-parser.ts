import { Worker } from 'node:worker_threads';
import { noteHandled } from '../os/debug/debug-log.js';

/** How Node.js interprets a file. `either` is a `.js` file whose package has no `type`, so that the syntax decides. */
export type ModuleFormat = 'commonjs' | 'module' | 'either';

/** The thread's code. It compiles sources like Node.js' loaders and runs none of them. */
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
 * Checks within a millisecond whether a JavaScript source has a syntax error. A `node --check` process takes as long as the
 * start of a backend. The sources are compiled in a thread that is started for the first one.
 */
export class SyntaxParser {
  readonly #pending = new Map<number, (accepted: boolean | undefined) => void>();
  #thread: Worker | undefined;
  #lastId = 0;

  /** @returns undefined if it can't be determined */
  accepts(source: string, format: ModuleFormat): Promise<boolean | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      try {
        this.#thread ??= this.#start();
        this.#thread.postMessage({ id, source, format });
      } catch (error) {
        // No thread can be started, for example for lack of memory.
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
    // The thread must not keep the program alive.
    thread.unref();
    thread.on('message', (answer: Answer) => this.#settle(answer));
    // An error also ends the thread. The next source starts another one.
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
